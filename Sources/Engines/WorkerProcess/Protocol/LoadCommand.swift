public import EngineInterface
public import ServingCore

/// `load`: what the worker is to host.
public struct LoadCommand: Sendable {
    /// The engine's name, `onnxruntime`.
    public var engine: String
    /// Name and version; for messages.
    public var identity: ModelIdentity
    /// The version directory, absolute.
    public var directory: String
    /// What to load in it.
    public var entry: String
    /// The engine's options.
    public var options: EngineOptions
    /// Processors for the engine's own threads.
    public var processors: Int
    /// Directories to search for libraries first.
    public var libraryDirectories: [String]
    /// What an engine tells its own worker.
    public var parameters: [(name: String, value: String)]

    /// Says what to load.
    public init(
        engine: String, identity: ModelIdentity, directory: String, entry: String,
        options: EngineOptions, processors: Int, libraryDirectories: [String],
        parameters: [(name: String, value: String)]
    ) {
        self.engine = engine
        self.identity = identity
        self.directory = directory
        self.entry = entry
        self.options = options
        self.processors = processors
        self.libraryDirectories = libraryDirectories
        self.parameters = parameters
    }

    /// The frame.
    ///
    /// - Throws: `request_too_large` when options and parameters do not fit.
    public func frame(sequence: UInt64) throws(ServingError) -> [UInt8] {
        var writer = PayloadWriter(capacity: 1024)
        writer.text(engine)
        writer.text(identity.name.text)
        writer.integer(UInt64(clamping: identity.version.number))
        writer.text(directory)
        writer.text(entry)
        Self.write(options, to: &writer)
        writer.integer(UInt32(clamping: processors))
        writer.count(libraryDirectories.count)
        for directory in libraryDirectories { writer.text(directory) }
        writer.pairs(parameters)
        return try writer.finish(.load, sequence: sequence)
    }

    /// Reads a payload.
    ///
    /// - Throws: `worker_failed` when it breaks the protocol.
    public init(payload: UnsafeRawBufferPointer) throws(ServingError) {
        var reader = PayloadReader(payload)
        engine = try reader.text()
        let name = try ModelName(try reader.text())
        let version = try reader.integer(UInt64.self)
        identity = ModelIdentity(name, ModelVersion(Int64(clamping: version)))
        directory = try reader.text()
        entry = try reader.text()
        options = try Self.options(&reader)
        processors = Int(try reader.integer(UInt32.self))
        var directories: [String] = []
        for _ in 0..<(try reader.count(bytesEach: 4)) { directories.append(try reader.text()) }
        libraryDirectories = directories
        parameters = try reader.pairs()
        try reader.finish()
    }

    private static func write(_ options: EngineOptions, to writer: inout PayloadWriter) {
        writer.count(options.values.count)
        for (name, value) in options.values.sorted(by: { $0.key < $1.key }) {
            writer.text(name)
            switch value {
            case .boolean(let flag):
                writer.byte(0)
                writer.flag(flag)
            case .integer(let number):
                writer.byte(1)
                writer.integer(Int64(number))
            case .text(let text):
                writer.byte(2)
                writer.text(text)
            case .mapping(let mapping):
                writer.byte(3)
                writer.pairs(
                    mapping.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) })
            }
        }
    }

    private static func options(_ reader: inout PayloadReader) throws(ServingError)
        -> EngineOptions
    {
        var values: [String: EngineOptions.Value] = [:]
        for _ in 0..<(try reader.count(bytesEach: 6)) {
            let name = try reader.text()
            let kind = try reader.byte()
            switch kind {
            case 0: values[name] = .boolean(try reader.flag())
            case 1: values[name] = .integer(Int(try reader.integer(Int64.self)))
            case 2: values[name] = .text(try reader.text())
            case 3:
                var mapping: [String: String] = [:]
                for (key, value) in try reader.pairs() { mapping[key] = value }
                values[name] = .mapping(mapping)
            default: throw WorkerFault.broken("an option of kind \(kind)")
            }
        }
        return EngineOptions(values)
    }
}

extension PayloadWriter {
    /// A list of pairs of names and values.
    mutating func pairs(_ pairs: [(name: String, value: String)]) {
        count(pairs.count)
        for (name, value) in pairs {
            text(name)
            text(value)
        }
    }
}
