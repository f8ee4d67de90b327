public import ServingCore

/// A command line in the spelling of Triton's server, read into models and keys.
public struct TritonCommandLine: Sendable {
    /// The name of the binary by which it behaves as the original.
    public static let programName = "tritonserver"
    /// Flags of Slipway's own that may stand beside, with their keys.
    private static let own: [String: [String]] = [
        "announce": [], "log-format": ["log", "format"], "access-log": ["log", "access"],
        "cpus": ["cpus"], "memory": ["memory"],
    ]

    /// A file to write the addresses to.
    public private(set) var announce: String?
    /// One line for each flag that has no effect.
    public private(set) var warnings: [String] = []
    private var values: [String: String] = [:]
    private var loaded: [String] = []
    private var others = ConfigurationOverrides()

    /// Whether the program runs under Triton's name.
    public static func isProgram(_ path: String) -> Bool {
        path.split(separator: "/").last.map { $0 == programName } ?? false
    }

    /// Whether a command line of `serve` is Triton's: it names a model repository in its words.
    public static func recognises(_ arguments: [String]) -> Bool {
        arguments.contains { argument in
            ["--model-repository", "--model-store"].contains(argument.prefix { $0 != "=" })
        }
    }

    /// Reads the arguments behind the program's name, or behind `serve`.
    ///
    /// - Throws: `invalid_request` naming the argument that is wrong, with the nearest name.
    public init(_ arguments: [String]) throws(ServingError) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--"), argument.count > 2 else {
                throw Self.wrong(
                    "unexpected argument '\(argument.clipped(to: 80))' among Triton's flags")
            }
            let body = argument.dropFirst(2)
            let name = String(body.prefix { $0 != "=" })
            let value = body.count > name.count ? String(body.dropFirst(name.count + 1)) : nil
            if let flag = TritonFlag.all.first(where: { $0.name == name }) {
                try take(flag, try Self.text(flag.name, flag.isSwitch, value, &rest))
            } else if let path = Self.own[name] {
                let text = try Self.text(name, false, value, &rest)
                if path.isEmpty { announce = text } else { others.add("--\(name)", path, text) }
            } else {
                let names = TritonFlag.all.map(\.name) + Self.own.keys.sorted()
                throw Self.wrong(
                    "unknown flag '--\(name.clipped(to: 80))'"
                        + NearestName.hint(for: name, among: names))
            }
        }
        guard values["model-repository"] != nil else {
            throw Self.wrong("--model-repository is missing; it names the directory of the models")
        }
        try check()
    }

    private static func text(
        _ name: String, _ isSwitch: Bool, _ value: String?, _ rest: inout ArraySlice<String>
    ) throws(ServingError) -> String {
        if let value { return isSwitch ? try boolean(name, value) : value }
        guard let next = rest.first, !next.hasPrefix("--") else {
            if isSwitch { return "true" }
            throw wrong("--\(name) needs a value: --\(name)=...")
        }
        rest.removeFirst()
        return isSwitch ? try boolean(name, next) : next
    }

    private static func boolean(_ name: String, _ text: String) throws(ServingError) -> String {
        switch text.lowercased() {
        case "true", "1", "on": "true"
        case "false", "0", "off": "false"
        default: throw wrong("--\(name) is '\(text.clipped(to: 80))'; it must be true or false")
        }
    }

    private mutating func take(_ flag: TritonFlag, _ text: String) throws(ServingError) {
        switch flag.effect {
        case .honoured: break
        case .warned(let reason):
            if text != flag.standard {
                warnings.append("--\(flag.name) has no effect: \(reason)")
            } else if flag.name == "exit-on-error" {
                warnings.append("--\(flag.name)=true has no effect: \(reason)")
            }
        case .refused(let reason):
            guard text == flag.standard else {
                throw ServingError(
                    .configurationInvalid, "--\(flag.name) is refused: \(reason)")
            }
        }
        switch flag.name {
        case "load-model": loaded.append(text)
        case "model-repository", "model-store":
            guard values["model-repository"] == nil else {
                throw ServingError(
                    .configurationInvalid,
                    "--\(flag.name)=\(text.clipped(to: 80)) is a second directory of models; there "
                        + "can be one, put links to the models into it")
            }
            values["model-repository"] = text
        default: values[flag.name] = text
        }
    }

    private func check() throws(ServingError) {
        let modes = ["none", "poll", "explicit"]
        guard modes.contains(mode) else {
            throw Self.wrong(
                "--model-control-mode is '\(mode.clipped(to: 80))'; it must be one of "
                    + modes.joined(separator: ", "))
        }
        guard loaded.isEmpty || mode == "explicit" else {
            throw Self.wrong("--load-model needs --model-control-mode=explicit")
        }
        let hosts = Set([values["http-address"], values["grpc-address"]].compactMap { $0 })
        guard hosts.count <= 1 else {
            throw ServingError(
                .configurationInvalid,
                "--http-address and --grpc-address differ; REST and gRPC have one address")
        }
        for name in ["repository-poll-secs", "exit-timeout-secs", "log-verbose"] {
            guard let text = values[name] else { continue }
            guard let number = Int(text), (0...86_400).contains(number) else {
                throw Self.wrong(
                    "--\(name) is '\(text.clipped(to: 80))'; it must be from 0 to 86400")
            }
        }
    }

    private static func wrong(_ text: String) -> ServingError {
        ServingError(.invalidRequest, text)
    }
}

extension TritonCommandLine {
    private var mode: String { values["model-control-mode"] ?? "none" }
    private var repository: String { values["model-repository"] ?? "" }

    /// The models that are served from the start without being asked for, as `NAME=DIRECTORY`.
    ///
    /// - Parameter directories: Names of the directories in the repository.
    public func models(_ directories: (_ repository: String) -> [String]) -> [String] {
        let names = loaded.contains("*") ? directories(repository).sorted() : loaded
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }.map { "\($0)=\(repository)/\($0)" }
    }

    /// The keys that the flags come to; problems with a value name its flag.
    public var overrides: ConfigurationOverrides {
        var result = ConfigurationOverrides()
        let host = values["http-address"] ?? values["grpc-address"] ?? "0.0.0.0"
        result.add("--http-address", ["listen", "host"], host)
        result.add("--http-port", ["listen", "rest"], port("http", "8000"))
        result.add("--grpc-port", ["listen", "grpc"], port("grpc", "8001"))
        result.add("--metrics-port", ["listen", "admin"], port("metrics", "8002"))
        result.add(
            "--metrics-address", ["listen", "admin_host"], values["metrics-address"] ?? host)
        result.add("--model-repository", ["repository"], repository)
        result.add(
            "--model-control-mode", ["model_control"], mode == "explicit" ? "explicit" : "off")
        if mode == "none" { result.add("--model-control-mode", ["scan"], "once") }
        if mode == "poll" {
            let seconds = values["repository-poll-secs"] ?? "15"
            result.add("--repository-poll-secs", ["scan"], seconds == "0" ? "once" : seconds + "s")
        }
        result.add(
            "--model-load-thread-count", ["load_threads"], values["model-load-thread-count"])
        result.add(
            "--exit-timeout-secs", ["limits", "drain_timeout"],
            values["exit-timeout-secs"].map { $0 + "s" })
        let verbose = values["log-verbose"].flatMap { Int($0) } ?? 0
        if verbose > 0 {
            result.add("--log-verbose", ["log", "level"], verbose == 1 ? "debug" : "trace")
        }
        result.add("tritonserver", ["compatibility", "v2"], "triton")
        result.append(others)
        return result
    }

    private func port(_ name: String, _ usual: String) -> String {
        values["allow-\(name)"] == "false" ? "off" : values["\(name)-port"] ?? usual
    }
}

extension ServeCommand.Source {
    /// The models that a command line of Triton's names.
    public static func triton(_ line: TritonCommandLine) -> ServeCommand.Source {
        .arguments(line.models(SageMakerModels.directories))
    }
}
