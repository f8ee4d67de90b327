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
        entries = engines.map {
            Entry(
                name: $0.name, availability: $0.availability(environment),
                options: $0.optionReference)
        }.sorted { $0.name < $1.name }
    }

    /// A table, and below it how to get what is missing.
    public var text: String {
        var table = TextTable(["ENGINE", "STATUS", "VERSION", "LIBRARY"])
        var notes = ""
        for entry in entries {
            switch entry.availability {
            case .available(let version, let path):
                table.add([entry.name, "available", version, path ?? "-"])
            case .missing(let error):
                table.add([entry.name, "missing", "-", "-"])
                notes += "\n\(entry.name): \(error.message)\n"
            }
        }
        return table.text + notes + entries.map(Self.options(of:)).joined()
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
        return switch entry.availability {
        case .available(let version, let path):
            .object([
                "name": .string(entry.name), "available": .boolean(true),
                "version": .string(version), "library": path.map { .string($0) } ?? .null,
                "options": options,
            ])
        case .missing(let error):
            .object([
                "name": .string(entry.name), "available": .boolean(false),
                "error": .object([
                    "code": .string(error.code.description), "message": .string(error.message),
                ]),
                "options": options,
            ])
        }
    }
}
