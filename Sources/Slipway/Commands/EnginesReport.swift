public import EngineInterface
import ServingCore
public import Wire

/// What `slipway engines` says: which engines there are and whether each can be used here.
public struct EnginesReport: CommandReport {
    /// One engine.
    public struct Entry: Sendable {
        /// Its name in the configuration.
        public let name: String
        /// Usable, or what is missing.
        public let availability: EngineAvailability
        /// What a model's `options:` may hold.
        public let options: [EngineOptionDescription]
        /// The files that it takes, in words.
        public let files: String
        /// Where its models run that do not say.
        public let isolation: WorkerSettings.Isolation
        /// The library's version that is installed when asked; nil for an engine without a library.
        public let wantedVersion: String?
        /// Bytes of the installed library; nil when it was not installed by this program.
        public let byteCount: Int?

        fileprivate init(_ engine: any Engine, _ environment: EngineEnvironment) {
            name = engine.name
            availability = engine.availability(environment)
            options = engine.optionReference
            files = engine.looksFor
            isolation = Engines.isolation(of: engine.name)
            wantedVersion = EngineLibraries.version(of: engine.name)
            if case .available(_, let path?) = availability {
                byteCount = EngineLibraries.byteCount(of: engine.name, library: path)
            } else {
                byteCount = nil
            }
        }

        /// How its library gets here; nil for an engine without one.
        public var installCommand: String? {
            wantedVersion.map { _ in "slipway engines install \(name)" }
        }

        /// Whether models can be loaded with it.
        public var isAvailable: Bool {
            switch availability {
            case .available: true
            case .missing: false
            }
        }
    }

    /// The engines, by name.
    public let entries: [Entry]

    /// Asks each engine; finding its library may take some milliseconds.
    public init(_ engines: [any Engine], _ environment: EngineEnvironment) {
        entries = engines.map { Entry($0, environment) }.sorted { $0.name < $1.name }
    }

    /// A table, and below it how to get what is missing.
    public var text: String {
        var table = TextTable([
            "ENGINE", "STATUS", "VERSION", "WANTED", "SIZE", "ISOLATION", "LIBRARY",
        ])
        var files = TextTable(["ENGINE", "TAKES"])
        var notes = ""
        for entry in entries {
            let wanted = entry.wantedVersion ?? "-"
            let size = entry.byteCount.map { ByteCount($0).description } ?? "-"
            let isolation = entry.isolation.rawValue
            files.add([entry.name, entry.files])
            switch entry.availability {
            case .available(let version, let path):
                table.add([
                    entry.name, "available", version, wanted, size, isolation, path ?? "-",
                ])
            case .missing(let error):
                table.add([entry.name, "missing", "-", wanted, size, isolation, "-"])
                notes += "\n\(entry.name): \(error.message)\n"
            }
        }
        return table.text + notes + "\n" + files.text + entries.map(Self.options(of:)).joined()
    }

    private static func options(of entry: Entry) -> String {
        guard !entry.options.isEmpty else { return "" }
        var table = TextTable(["OPTION", "VALUES", "DEFAULT", "MEANING"])
        for option in entry.options {
            table.add([option.name, option.values, option.defaultText, option.meaning])
        }
        return "\nOptions of \(entry.name), under a model's 'options':\n\n" + table.text
    }

    /// The report for programs.
    public var json: JSONValue {
        .object(["engines": .array(entries.map(Self.document(of:)))])
    }

    private static func document(of entry: Entry) -> JSONValue {
        let options = JSONValue.array(
            entry.options.map { option in
                .object([
                    "name": .string(option.name), "values": .string(option.values),
                    "default": .string(option.defaultText), "meaning": .string(option.meaning),
                ])
            })
        let facts: JSONValue = .object([
            "wanted": entry.wantedVersion.map { .string($0) } ?? .null,
            "bytes": entry.byteCount.map { JSONValue.integer(Int64($0)) } ?? .null,
            "install": entry.installCommand.map { .string($0) } ?? .null,
            "isolation": .string(entry.isolation.rawValue), "files": .string(entry.files),
        ])
        return switch entry.availability {
        case .available(let version, let path):
            .object([
                "name": .string(entry.name), "available": .boolean(true),
                "version": .string(version), "library": path.map { .string($0) } ?? .null,
                "engine": facts, "options": options,
            ])
        case .missing(let error):
            .object([
                "name": .string(entry.name), "available": .boolean(false),
                "error": .object([
                    "code": .string(error.code.description), "message": .string(error.message),
                ]),
                "engine": facts, "options": options,
            ])
        }
    }
}
