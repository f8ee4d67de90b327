import Yams

/// Flags of the command line that win over the file, now and at every reload.
///
/// Values are texts, read by the same rules as in the file, so that errors are the same.
public struct ConfigurationOverrides: Hashable, Sendable {
    /// One flag with its value.
    struct Item: Hashable, Sendable {
        let flag: String
        let path: [String]
        let texts: [String]
        let isList: Bool
    }

    private(set) var items: [Item] = []

    /// Overrides nothing.
    public init() {}

    /// Overrides what is not nil.
    ///
    /// - Parameters:
    ///   - restPort: `--rest-port`, a port or `off`.
    ///   - adminPort: `--admin-port`, a port or `off`.
    ///   - host: `--host`, for the REST port.
    ///   - adminHost: `--admin-host`.
    ///   - restSocket: `--rest-socket`; relative to the working directory.
    ///   - grpcPort: `--grpc-port`, a port, `same` or `off`.
    ///   - grpcSocket: `--grpc-socket`; relative to the working directory.
    ///   - logLevel: `--log-level`.
    ///   - logFormat: `--log-format`.
    ///   - accessLog: `--access-log`.
    ///   - processors: `--cpus`.
    ///   - memory: `--memory`.
    ///   - libraryDirectories: `--library-directory`, repeated; they replace the file's.
    ///   - modelControl: `--model-control`.
    ///   - repository: `--repository`; relative to the working directory.
    public init(
        restPort: String? = nil, adminPort: String? = nil, host: String? = nil,
        adminHost: String? = nil, restSocket: String? = nil, grpcPort: String? = nil,
        grpcSocket: String? = nil, logLevel: String? = nil, logFormat: String? = nil,
        accessLog: String? = nil, processors: String? = nil,
        memory: String? = nil, libraryDirectories: [String] = [],
        modelControl: String? = nil, repository: String? = nil
    ) {
        add("--rest-port", ["listen", "rest"], restPort)
        add("--admin-port", ["listen", "admin"], adminPort)
        add("--host", ["listen", "host"], host)
        add("--admin-host", ["listen", "admin_host"], adminHost)
        add("--rest-socket", ["listen", "rest_socket"], restSocket)
        add("--grpc-port", ["listen", "grpc"], grpcPort)
        add("--grpc-socket", ["listen", "grpc_socket"], grpcSocket)
        add("--log-level", ["log", "level"], logLevel)
        add("--log-format", ["log", "format"], logFormat)
        add("--access-log", ["log", "access"], accessLog)
        add("--cpus", ["cpus"], processors)
        add("--memory", ["memory"], memory)
        add("--model-control", ["model_control"], modelControl)
        add("--repository", ["repository"], repository)
        if !libraryDirectories.isEmpty {
            items.append(
                Item(
                    flag: "--library-directory", path: ["library_directories"],
                    texts: libraryDirectories, isList: true))
        }
    }

    /// Overrides a key with a flag's text, if there is one.
    mutating func add(_ flag: String, _ path: [String], _ text: String?) {
        guard let text else { return }
        items.append(Item(flag: flag, path: path, texts: [text], isList: false))
    }

    /// Adds further flags, which win over these.
    mutating func append(_ others: ConfigurationOverrides) { items += others.items }

    /// Overrides a key that is a list.
    mutating func addList(_ flag: String, _ path: [String], _ texts: [String]) {
        items.append(Item(flag: flag, path: path, texts: texts, isList: true))
    }

    /// Reads each flag into the configuration; problems name the flag.
    func apply(to configuration: inout Configuration, _ context: inout ReadingContext) {
        guard !items.isEmpty else { return }
        // Paths in flags start where the command was typed, not at the file.
        var flags = ReadingContext(
            baseDirectory: FilePath.workingDirectory(), engines: context.engines)
        for item in items {
            let value =
                item.isList ? Node(item.texts.map { .text($0) }) : Node.text(item.texts[0])
            let node = item.path.reversed().reduce(value) { Node([(Node($1), $0)]) }
            let before = flags.problems.count
            readMapping(node, "", ConfigurationSchema.root, &flags, into: &configuration)
            flags.amend(from: before) {
                ConfigurationProblem($0.severity, at: nil, "\(item.flag): \($0.message)")
            }
        }
        for problem in flags.problems { context.add(problem.severity, nil, problem.message) }
    }
}
