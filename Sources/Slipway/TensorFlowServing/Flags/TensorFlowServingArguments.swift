public import ServingCore

/// A command line in TensorFlow Serving's spelling: flags with their values, the last one of a name
/// counting, as containers append theirs to the image's.
public struct TensorFlowServingArguments: Hashable, Sendable {
    /// Under which name the program runs.
    public enum Manner: Hashable, Sendable {
        /// `slipway serve`: some flags of Slipway's own may stand beside.
        case serve
        /// `tensorflow_model_server`: as the original, with no other flags.
        case original
    }

    /// Under which name the program runs.
    public let manner: Manner
    /// Texts of the flags given, by name.
    public private(set) var values: [String: String] = [:]
    /// Flags of Slipway's own that stand beside: the key's path and the flag's texts.
    private(set) var overrides = ConfigurationOverrides()
    /// A file to write the addresses to.
    public private(set) var announce: String?
    private var libraryDirectories: [String] = []

    private init(manner: Manner) { self.manner = manner }

    /// Whether a command line of `serve` speaks TensorFlow Serving's language: its flags have
    /// underscores, and `--port` is no other's.
    public static func recognises(_ arguments: [String]) -> Bool {
        arguments.contains { argument in
            guard argument.hasPrefix("--") else { return false }
            let name = argument.dropFirst(2).prefix { $0 != "=" }
            return name == "port" || name.contains("_")
        }
    }

    /// Reads the arguments behind the program's name, or behind `serve`.
    ///
    /// - Throws: `invalid_request` naming the argument that is wrong, with the nearest name.
    public static func parsing(
        _ arguments: [String], manner: Manner
    ) throws(ServingError) -> TensorFlowServingArguments {
        var result = TensorFlowServingArguments(manner: manner)
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--"), argument.count > 2 else {
                throw unexpected(argument, manner)
            }
            let body = argument.dropFirst(2)
            let name = String(body.prefix { $0 != "=" })
            let value = body.count > name.count ? String(body.dropFirst(name.count + 1)) : nil
            if let flag = TensorFlowServingFlag.named(name) {
                result.values[name] = try text(of: flag, value, &rest)
            } else if name.hasPrefix("no"), value == nil,
                let flag = TensorFlowServingFlag.named(String(name.dropFirst(2))),
                flag.kind == .boolean
            {
                result.values[flag.name] = "false"
            } else {
                try result.takeOwn(name, value, &rest)
            }
        }
        if !result.libraryDirectories.isEmpty {
            result.overrides.addList(
                "--library-directory", ["library_directories"], result.libraryDirectories)
        }
        return result
    }

    /// The text of a flag, checked by its kind.
    private static func text(
        of flag: TensorFlowServingFlag, _ value: String?, _ rest: inout ArraySlice<String>
    ) throws(ServingError) -> String {
        guard flag.kind == .boolean else {
            let text = try value.orNext("--\(flag.name)", &rest)
            let isRight =
                switch flag.kind {
                case .integer: Int64(text) != nil
                case .decimal: Double(text) != nil
                case .text, .boolean: true
                }
            guard isRight else { throw wrong(flag, text) }
            return text
        }
        switch value?.lowercased() {
        case nil, "true", "1": return "true"
        case "false", "0": return "false"
        default: throw wrong(flag, value ?? "")
        }
    }

    private static func wrong(_ flag: TensorFlowServingFlag, _ text: String) -> ServingError {
        ServingError(
            .invalidRequest,
            "--\(flag.name) is '\(text.clipped(to: 80))'; it must be \(flag.kind.words)")
    }

    private static func unexpected(_ argument: String, _ manner: Manner) -> ServingError {
        let hint =
            manner == .serve && argument.contains("=")
            ? "; models stand in --model_config_file, or leave TensorFlow Serving's flags away" : ""
        return ServingError(
            .invalidRequest,
            "unexpected argument '\(argument.clipped(to: 80))' among TensorFlow Serving's flags"
                + hint)
    }
}

extension TensorFlowServingArguments {
    /// Flags of `slipway serve` that have no counterpart in TensorFlow Serving, with their keys.
    private static let own: [String: [String]] = [
        "admin-port": ["listen", "admin"], "admin-host": ["listen", "admin_host"],
        "host": ["listen", "host"], "rest-socket": ["listen", "rest_socket"],
        "log-level": ["log", "level"], "log-format": ["log", "format"],
        "access-log": ["log", "access"], "cpus": ["cpus"], "memory": ["memory"],
        "library-directory": ["library_directories"], "announce": [],
    ]

    /// Takes a flag of Slipway's own, which `slipway serve` lets stand beside.
    private mutating func takeOwn(
        _ name: String, _ value: String?, _ rest: inout ArraySlice<String>
    ) throws(ServingError) {
        guard manner == .serve, let path = Self.own[name] else { throw unknown(name) }
        let text = try value.orNext("--\(name)", &rest)
        switch name {
        case "announce": announce = text
        case "library-directory": libraryDirectories.append(text)
        default: overrides.add("--\(name)", path, text)
        }
    }

    private func unknown(_ name: String) -> ServingError {
        var names = TensorFlowServingFlag.all.map(\.name)
        if manner == .serve {
            names += Self.own.keys.sorted()
            if ["config", "rest-port", "grpc-port", "grpc-socket"].contains(name) {
                return ServingError(
                    .invalidRequest,
                    "--\(name) cannot stand beside TensorFlow Serving's flags; write the command "
                        + "line in one of the two spellings")
            }
        }
        return ServingError(
            .invalidRequest,
            "unknown flag '--\(name.clipped(to: 80))'" + NearestName.hint(for: name, among: names))
    }
}

extension TensorFlowServingFlag.Kind {
    /// What an error expects.
    fileprivate var words: String {
        switch self {
        case .text: "text"
        case .integer: "a whole number"
        case .decimal: "a number"
        case .boolean: "true or false"
        }
    }
}

extension String? {
    /// The value behind `=`, or else the next argument.
    fileprivate func orNext(
        _ flag: String, _ rest: inout ArraySlice<String>
    ) throws(ServingError) -> String {
        if let self { return self }
        guard let text = rest.first, !text.hasPrefix("--") else {
            throw ServingError(.invalidRequest, "\(flag) needs a value: \(flag)=...")
        }
        rest.removeFirst()
        return text
    }
}
