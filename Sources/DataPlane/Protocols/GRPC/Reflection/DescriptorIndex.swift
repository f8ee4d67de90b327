import NIOCore
import ServingCore
import Wire

/// Compiled interface files, found by their names and by what they define.
struct DescriptorIndex: Sendable {
    /// One `FileDescriptorProto`.
    struct File: Sendable {
        /// The name under which others import it.
        var name = ""
        /// The names of the files that it imports.
        var imports: [String] = []
        /// The message as it stands.
        var bytes: [UInt8] = []
    }

    private var files: [String: File] = [:]
    private var fileOfSymbol: [String: String] = [:]

    /// Starts empty.
    init() {}

    /// The names of all files.
    var fileNames: [String] { files.keys.sorted() }

    /// The full names of all messages.
    private(set) var messageNames: Set<String> = []

    /// Adds the files of a `FileDescriptorSet`.
    ///
    /// - Throws: `invalid_request` when the bytes are none.
    mutating func add(set bytes: [UInt8]) throws(ServingError) {
        let buffer = ByteBuffer(bytes: bytes)
        self = try buffer.withProtobufReader { [self] (reader) throws(ServingError) in
            var index = self
            while let field = try reader.nextField() {
                guard field == 1 else {
                    try reader.skip()
                    continue
                }
                let range = try reader.range()
                try index.add(file: Array(bytes[range]))
            }
            return index
        }
    }

    private mutating func add(file bytes: [UInt8]) throws(ServingError) {
        var file = File()
        file.bytes = bytes
        var symbols = SymbolReader()
        try ByteBuffer(bytes: bytes).withProtobufReader { (reader) throws(ServingError) in
            while let field = try reader.nextField() {
                switch field {
                case 1: file.name = try reader.string()
                case 2: symbols.package = try reader.string()
                case 3: file.imports.append(try reader.string())
                case 4, 5, 6: try symbols.read(field, reader.message())
                default: try reader.skip()
                }
            }
        }
        for symbol in symbols.found { fileOfSymbol[symbol] = file.name }
        messageNames.formUnion(symbols.messages)
        files[file.name] = file
    }

    /// The file of that name and every file that it imports, directly or not, itself first; nil for
    /// an unknown name.
    func files(named name: String) -> [File]? {
        guard let first = files[name] else { return nil }
        var found = [first]
        var names: Set<String> = [name]
        var next = 0
        while next < found.count {
            for imported in found[next].imports where names.insert(imported).inserted {
                if let file = files[imported] { found.append(file) }
            }
            next += 1
        }
        return found
    }

    /// As `files(named:)`, for the file that defines a symbol: `package.Message.field`,
    /// `package.Service.Method`.
    func files(defining symbol: String) -> [File]? {
        fileOfSymbol[symbol].flatMap(files(named:))
    }
}

/// Collects the full names of what a file defines. The package stands before its definitions, as
/// protoc writes them.
private struct SymbolReader {
    var package = ""
    private(set) var found: [String] = []
    private(set) var messages: [String] = []

    /// Reads a field of `FileDescriptorProto`: 4 a message, 5 an enumeration, 6 a service.
    mutating func read(_ field: Int, _ reader: ProtobufReader) throws(ServingError) {
        switch field {
        case 4: try readMessage(reader, in: package)
        case 5: try readEnumeration(reader, in: package)
        default: try readService(reader)
        }
    }

    private static func join(_ scope: String, _ name: String) -> String {
        scope.isEmpty ? name : "\(scope).\(name)"
    }

    private static func name(_ reader: ProtobufReader) throws(ServingError) -> String {
        var reader = reader
        while let field = try reader.nextField() {
            if field == 1 { return try reader.string() }
            try reader.skip()
        }
        return ""
    }

    /// `DescriptorProto`: 2 fields, 3 nested messages, 4 enumerations, 8 oneofs.
    private mutating func readMessage(_ reader: ProtobufReader, in scope: String)
        throws(ServingError)
    {
        let full = Self.join(scope, try Self.name(reader))
        found.append(full)
        messages.append(full)
        var reader = reader
        while let field = try reader.nextField() {
            switch field {
            case 2, 8: found.append(Self.join(full, try Self.name(reader.message())))
            case 3: try readMessage(reader.message(), in: full)
            case 4: try readEnumeration(reader.message(), in: full)
            default: try reader.skip()
            }
        }
    }

    /// `EnumDescriptorProto`: 2 values, which are names of the enclosing scope.
    private mutating func readEnumeration(_ reader: ProtobufReader, in scope: String)
        throws(ServingError)
    {
        found.append(Self.join(scope, try Self.name(reader)))
        var reader = reader
        while let field = try reader.nextField() {
            if field == 2 {
                found.append(Self.join(scope, try Self.name(reader.message())))
            } else {
                try reader.skip()
            }
        }
    }

    /// `ServiceDescriptorProto`: 2 methods.
    private mutating func readService(_ reader: ProtobufReader) throws(ServingError) {
        let full = Self.join(package, try Self.name(reader))
        found.append(full)
        var reader = reader
        while let field = try reader.nextField() {
            if field == 2 {
                found.append(Self.join(full, try Self.name(reader.message())))
            } else {
                try reader.skip()
            }
        }
    }
}
