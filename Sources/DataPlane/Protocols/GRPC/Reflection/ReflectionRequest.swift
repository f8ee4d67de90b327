import Listener
import NIOCore
import ServingCore
import Wire

/// A `ServerReflectionRequest`, and the reply to it.
struct ReflectionRequest {
    private enum Question {
        case fileByName(String)
        case fileOfSymbol(String)
        case extensionOf(String)
        case extensionsOf(String)
        case services
        case none
    }

    private let message: ByteBuffer
    private var host = ""
    private var question = Question.none

    /// Reads a request.
    ///
    /// - Throws: `invalid_request` when the bytes are none.
    init(_ message: ByteBuffer) throws(ServingError) {
        self.message = message
        var host = ""
        var question = Question.none
        try message.withProtobufReader { (reader) throws(ServingError) in
            while let field = try reader.nextField() {
                switch field {
                case 1: host = try reader.string()
                case 3: question = .fileByName(try reader.string())
                case 4: question = .fileOfSymbol(try reader.string())
                case 5: question = .extensionOf(try Self.containingType(reader.message()))
                case 6: question = .extensionsOf(try reader.string())
                case 7:
                    _ = try reader.string()
                    question = .services
                default: try reader.skip()
                }
            }
        }
        self.host = host
        self.question = question
    }

    private static func containingType(_ reader: ProtobufReader) throws(ServingError) -> String {
        var reader = reader
        var name = ""
        while let field = try reader.nextField() {
            if field == 1 { name = try reader.string() } else { try reader.skip() }
        }
        return name
    }

    /// The `ServerReflectionResponse`.
    func reply(_ index: DescriptorIndex, serviceNames: [String]) -> GRPCReply {
        GRPCReply { buffer in
            buffer.writeProtobufIfSet(1, string: host)
            message.withUnsafeReadableBytes { buffer.writeProtobuf(2, bytes: $0) }
            switch question {
            case .fileByName(let name):
                Self.write(index.files(named: name), "file '\(name.clipped())'", to: &buffer)
            case .fileOfSymbol(let symbol):
                Self.write(
                    index.files(defining: symbol), "symbol '\(symbol.clipped())'", to: &buffer)
            case .extensionOf(let type):
                Self.writeError(
                    .notFound, "'\(type.clipped())' has no extensions", to: &buffer)
            case .extensionsOf(let type):
                Self.writeExtensions(of: type, index, to: &buffer)
            case .services: Self.write(serviceNames, to: &buffer)
            case .none:
                Self.writeError(
                    .invalidArgument, "the request asks for nothing that this server knows",
                    to: &buffer)
            }
        }
    }

    private static func write(
        _ files: [DescriptorIndex.File]?, _ what: String, to buffer: inout ByteBuffer
    ) {
        guard let files else {
            return writeError(.notFound, "\(what) is not known here", to: &buffer)
        }
        buffer.writeProtobuf(4) { response in
            for file in files {
                file.bytes.withUnsafeBytes { response.writeProtobuf(1, bytes: $0) }
            }
        }
    }

    /// None of the messages can be extended: they are written in proto3.
    private static func writeExtensions(
        of type: String, _ index: DescriptorIndex, to buffer: inout ByteBuffer
    ) {
        guard index.messageNames.contains(type) else {
            return writeError(.notFound, "type '\(type.clipped())' is not known here", to: &buffer)
        }
        buffer.writeProtobuf(5) { $0.writeProtobuf(1, string: type) }
    }

    private static func write(_ serviceNames: [String], to buffer: inout ByteBuffer) {
        buffer.writeProtobuf(6) { response in
            for name in serviceNames {
                response.writeProtobuf(1) { $0.writeProtobuf(1, string: name) }
            }
        }
    }

    private static func writeError(
        _ code: GRPCStatus.Code, _ message: String, to buffer: inout ByteBuffer
    ) {
        buffer.writeProtobuf(7) { response in
            response.writeProtobuf(1, signed: Int64(code.rawValue))
            response.writeProtobuf(2, string: message)
        }
    }
}
