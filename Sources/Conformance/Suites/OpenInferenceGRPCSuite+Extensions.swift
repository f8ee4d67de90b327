import NIOCore
import ServingCore
import SlipwayClient
import Wire

/// Triton's additions to the service: tried where the server has the method.
extension OpenInferenceGRPCSuite {
    static let extensions = [
        Check("stream", "ModelStreamInfer answers each request of a stream, in order") {
            let reply = try await $0.client().call(
                path("ModelStreamInfer"),
                [
                    request($0, raw: true) { $0.writeProtobuf(3, string: "first") },
                    request($0, raw: true) { $0.writeProtobuf(3, string: "second") },
                ])
            try skipUnlessOffered(reply)
            try reply.expect(0)
            let ids = try reply.messages.map(id(ofStreamed:))
            try expect(ids == ["first", "second"], "answers came with the ids \(ids)")
        },
        Check("statistics", "ModelStatistics names the model") {
            let model = $0.model
            let reply = try await $0.call(
                path("ModelStatistics"), message { $0.writeProtobuf(1, string: model) })
            try skipUnlessOffered(reply)
            let first = try payloads(try reply.expectMessage())[1]?.first ?? ByteBuffer()
            let name = try texts(first)[1]?.first
            try expect(name == model, "the first model is '\(name ?? "")'")
        },
        Check("configuration", "ModelConfig names the model") {
            let model = $0.model
            let reply = try await $0.call(
                path("ModelConfig"), message { $0.writeProtobuf(1, string: model) })
            try skipUnlessOffered(reply)
            let first = try payloads(try reply.expectMessage())[1]?.first ?? ByteBuffer()
            let name = try texts(first)[1]?.first
            try expect(name == model, "the configuration is of '\(name ?? "")'")
        },
        Check("index", "RepositoryIndex lists the model") {
            let reply = try await $0.call(path("RepositoryIndex"))
            try skipUnlessOffered(reply)
            let entries = try payloads(try reply.expectMessage())[1] ?? []
            let names = try entries.compactMap { try texts($0)[1]?.first }
            try expect(names.contains($0.model), "the models are \(names)")
        },
        Check("not-protobuf", "a message that is no protobuf is refused, not crashed on") {
            try await $0.call(path("ModelInfer"), ByteBuffer(repeating: 0xFF, count: 100))
                .expectRefusal()
        },
        Check("metadata-unknown", "the metadata of an unknown model is refused") {
            try await $0.call(
                path("ModelMetadata"),
                message { $0.writeProtobuf(1, string: CheckSession.unknownModel) }
            ).expect(5, 14)
        },
    ]

    private static func skipUnlessOffered(_ reply: GRPCClientReply) throws {
        if reply.code == 12 { throw Skip("the server does not have this method") }
    }

    /// The id in a `ModelStreamInferResponse`, or in the `ModelInferResponse` that MLServer's
    /// interface has instead.
    private static func id(ofStreamed message: ByteBuffer) throws -> String {
        let wrapped = try? message.withProtobufReader { reader throws(ServingError) in
            while let field = try reader.nextField() {
                if field == 2 {
                    var inner = try reader.message()
                    while let field = try inner.nextField() {
                        if field == 3 { return try inner.string() }
                        try inner.skip()
                    }
                } else {
                    try reader.skip()
                }
            }
            return ""
        }
        if let wrapped, !wrapped.isEmpty { return wrapped }
        return try texts(message)[3]?.first ?? ""
    }
}
