import Inference
import Listener
import NIOCore
import ServingCore
import Wire

/// The model repository extension, in the messages of grpc_service.proto.
struct RepositoryMessages: Sendable {
    /// A request to load or unload.
    private struct Request {
        var repository = ""
        var model = ""
        var parameters: [(key: String, value: ExtensionParameter)] = []
        /// KServe's own form of the message has the model's name as its first field, where Triton's
        /// has the repository's, and its answer says what was done.
        var isKServe: Bool { model.isEmpty && !repository.isEmpty }
        var name: String { isKServe ? repository : model }
    }

    let repository: ModelRepository

    /// `RepositoryIndexResponse`.
    func index(_ message: ByteBuffer) throws(ServingError) -> GRPCReply {
        var name = ""
        var readyOnly = false
        try message.withProtobufReader { (reader) throws(ServingError) in
            while let field = try reader.nextField() {
                switch field {
                case 1: name = try reader.string()
                case 2: readyOnly = try reader.boolean()
                default: try reader.skip()
                }
            }
        }
        guard name.isEmpty else { throw Self.repositoryNamed }
        let entries = repository.index(readyOnly: readyOnly)
        return GRPCReply { buffer in
            for entry in entries {
                buffer.writeProtobuf(1) { message in
                    message.writeProtobuf(1, string: entry.name)
                    message.writeProtobufIfSet(2, string: entry.version?.description ?? "")
                    message.writeProtobufIfSet(3, string: entry.state?.rawValue ?? "")
                    message.writeProtobufIfSet(4, string: entry.reason)
                }
            }
        }
    }

    /// `RepositoryModelLoad`.
    func load(
        _ message: ByteBuffer,
        completion: @escaping @Sendable (Result<GRPCReply, ServingError>) -> Void
    ) {
        run(message, completion) { request, done in
            repository.load(request.name, request.parameters, completion: done)
        }
    }

    /// `RepositoryModelUnload`.
    func unload(
        _ message: ByteBuffer,
        completion: @escaping @Sendable (Result<GRPCReply, ServingError>) -> Void
    ) {
        run(message, completion) { request, done in
            repository.unload(request.name, request.parameters, completion: done)
        }
    }

    private func run(
        _ message: ByteBuffer,
        _ completion: @escaping @Sendable (Result<GRPCReply, ServingError>) -> Void,
        _ body: (Request, @escaping @Sendable (Result<Void, ServingError>) -> Void) -> Void
    ) {
        let request: Request
        do throws(ServingError) {
            request = try Self.request(message)
        } catch {
            return completion(.failure(error))
        }
        let name = request.name
        let isKServe = request.isKServe
        body(request) { result in
            completion(
                result.map {
                    GRPCReply { buffer in
                        guard isKServe else { return }
                        buffer.writeProtobuf(1, string: name)
                        buffer.writeProtobuf(2, boolean: true)
                    }
                })
        }
    }

    private static func request(_ message: ByteBuffer) throws(ServingError) -> Request {
        let request = try message.withProtobufReader { (reader) throws(ServingError) in
            var request = Request()
            while let field = try reader.nextField() {
                switch field {
                case 1: request.repository = try reader.string()
                case 2: request.model = try reader.string()
                case 3:
                    guard request.parameters.count < Limits.tensorsPerRequestMaximum else {
                        throw ServingError(.invalidRequest, "there are too many parameters")
                    }
                    request.parameters.append(try parameter(&reader))
                default: try reader.skip()
                }
            }
            return request
        }
        guard request.repository.isEmpty || request.model.isEmpty else { throw repositoryNamed }
        return request
    }

    /// An entry of `map<string, ModelRepositoryParameter>`.
    private static func parameter(_ reader: inout ProtobufReader) throws(ServingError)
        -> (key: String, value: ExtensionParameter)
    {
        var value = ExtensionParameter.null
        let key = try reader.mapEntry { (entry) throws(ServingError) in
            var choice = try entry.message()
            while let field = try choice.nextField() {
                switch field {
                case 1: value = .boolean(try choice.boolean())
                case 2: value = .integer(try choice.signed())
                case 3: value = .text(try choice.string())
                case 4: value = .bytes(Array(try choice.payload()))
                default: try choice.skip()
                }
            }
        }
        return (key, value)
    }

    private static var repositoryNamed: ServingError {
        ServingError(
            .unsupported,
            "'repository_name' specification is not supported; there is one repository")
    }
}
