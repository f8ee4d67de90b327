import ArgumentParser
import ServingCore
import SlipwayClient

/// How commands reach a server.
struct TransportOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Longest wait for the answer, in seconds.", valueName: "seconds"))
    var timeout: Double = 60

    @Option(
        help: ArgumentHelp(
            "PEM file of the authorities to trust for https, instead of the system's.",
            valueName: "file"),
        completion: .file())
    var caFile: String?

    @Option(
        help: ArgumentHelp(
            "PEM file of our certificate, for a server that asks for one.", valueName: "file"),
        completion: .file())
    var certificate: String?

    @Option(
        help: ArgumentHelp("PEM file of that certificate's private key.", valueName: "file"),
        completion: .file())
    var key: String?

    @Flag(help: "Trust any certificate: for tests only.")
    var insecure = false

    func validate() throws {
        guard timeout > 0, timeout <= 86_400 else {
            throw ValidationError("--timeout is \(timeout); it must be above 0 and at most 86400")
        }
        if (certificate == nil) != (key == nil) {
            throw ValidationError("--certificate and --key belong together; give both")
        }
        if insecure, caFile != nil {
            throw ValidationError("give either --ca-file or --insecure, not both")
        }
    }

    /// The client's settings.
    var options: ClientOptions {
        var options = ClientOptions()
        options.requestTimeout = .seconds(timeout)
        if let caFile { options.trust = .authorities(file: caFile) }
        if insecure { options.trust = .anyone }
        if let certificate, let key { options.certificate = (certificate, key) }
        return options
    }
}
