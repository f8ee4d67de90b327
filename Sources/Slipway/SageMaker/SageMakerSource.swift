import Glibc
public import ServingCore

extension ServeCommand.Source {
    /// Whether the process runs in a SageMaker container.
    public static var isSageMaker: Bool {
        SageMakerEnvironment(environment).isPresent(SageMakerModels.isDirectory)
    }

    /// The models and keys of a SageMaker container; nil elsewhere. Warnings go to standard error.
    ///
    /// - Parameter flags: Flags of the command line, which win over the environment.
    /// - Throws: `file_unreadable` when the model cannot be laid out as a version.
    public static func sageMaker(_ flags: ConfigurationOverrides) throws(ServingError)
        -> (ServeCommand.Source, ConfigurationOverrides)?
    {
        guard isSageMaker else { return nil }
        let environment = SageMakerEnvironment(environment)
        for warning in environment.warnings {
            StandardStream.error.write("warning: \(warning)\n")
        }
        var overrides = environment.overrides
        overrides.append(flags)
        return (.arguments(try SageMakerModels.arguments(environment)), overrides)
    }

    /// The variables of this process.
    private static var environment: [String: String] {
        var result: [String: String] = [:]
        var place = environ
        while let entry = place.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                result[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            place += 1
        }
        return result
    }
}
