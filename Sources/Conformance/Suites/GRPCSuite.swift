import NIOCore
import ServingCore
import SlipwayClient
import Wire

/// What every gRPC server owes its clients: health, reflection, statuses, deadlines, compression.
enum GRPCSuite {
    static let suite = Suite(
        name: .grpc,
        probe: { session in
            let reply = try await session.call("/no.such.Service/Method")
            guard reply.code != nil else { throw Skip("no gRPC there: \(reply.codeName)") }
        },
        checks: health + transport)

    private static let check = "/grpc.health.v1.Health/Check"

    private static let health = [
        Check("health", "the health of the server is SERVING") {
            let reply = try await $0.call(check)
            try skipUnlessOffered(reply, "grpc.health.v1.Health")
            let message = try reply.expectMessage()
            let status = try message.withProtobufReader { reader throws(ServingError) in
                try reader.nextField() == 1 ? try reader.varint() : 0
            }
            try expect(status == 1, "the status is \(status)")
        },
        Check("health-unknown", "the health of an unknown service is NOT_FOUND") {
            let reply = try await $0.call(
                check, message { $0.writeProtobuf(1, string: "no.such.Service") })
            try skipUnlessOffered(reply, "grpc.health.v1.Health")
            try reply.expect(5)
        },
        Check("health-services", "the health of each service that is offered is SERVING") {
            try skipUnlessOffered(try await $0.call(check), "grpc.health.v1.Health")
            for (service, method) in services {
                let asked = try await $0.call("/\(service)/\(method)")
                guard asked.code != 12 else { continue }
                let reply = try await $0.call(check, message { $0.writeProtobuf(1, string: service) })
                let isServing = try reply.expectMessage().readableBytesView.elementsEqual([8, 1])
                try expect(isServing, "\(service) is not SERVING")
            }
        },
        Check("reflection", "server reflection lists the services") {
            var message = ByteBuffer()
            message.writeProtobuf(7, string: "")
            let paths = ["v1", "v1alpha"].map {
                "/grpc.reflection.\($0).ServerReflection/ServerReflectionInfo"
            }
            let first = try await $0.client().call(paths[0], [message])
            let reply = first.code == 12 ? try await $0.client().call(paths[1], [message]) : first
            try skipUnlessOffered(reply, "server reflection")
            let text = String(buffer: try reply.expectMessage())
            try expect(
                text.contains("ServerReflection") || text.contains("Service"),
                "no service is listed")
        },
    ]

    /// The services of this command's other suites, each with a method of its own.
    private static let services = [
        ("inference.GRPCInferenceService", "ServerLive"),
        ("tensorflow.serving.PredictionService", "Predict"),
        ("tensorflow.serving.ModelService", "GetModelStatus"),
    ]

    private static func skipUnlessOffered(_ reply: GRPCClientReply, _ what: String) throws {
        if reply.code == 12 { throw Skip("\(what) is not offered") }
    }

    /// A method that answers an empty message with success.
    private static func easyMethod(_ session: CheckSession) async throws -> String {
        for path in [check, "/inference.GRPCInferenceService/ServerLive"]
        where try await session.call(path).code == 0 {
            return path
        }
        throw Skip("neither Health/Check nor ServerLive answers an empty message")
    }

    private static let transport = [
        Check("unknown-service", "an unknown service is UNIMPLEMENTED") {
            try await $0.call("/no.such.Service/Method").expect(12)
        },
        Check("content-type", "a content type that is not gRPC's is HTTP 415 (404 with REST) or an error") {
            let path = try await easyMethod($0)
            let reply = try await $0.client().call(
                path, [ByteBuffer()], metadata: [("content-type", "application/json")])
            // The specification says SHOULD to 415. On a port that serves REST too, it is a REST
            // request for a path that is not there.
            let isRefused = [404, 415].contains(reply.httpStatus) || (reply.code ?? 0) != 0
            try expect(isRefused, "it was answered with HTTP \(reply.httpStatus), \(reply.codeName)")
        },
        Check("gzip", "a message may be compressed with gzip") {
            let path = try await easyMethod($0)
            let content = StoredGzip.member(of: ByteBuffer())
            var frame = ByteBuffer(bytes: [1])
            frame.writeInteger(UInt32(content.readableBytes))
            frame.writeImmutableBuffer(content)
            try await $0.client().call(path, rawBody: frame, metadata: [("grpc-encoding", "gzip")])
                .expect(0)
        },
        Check("unknown-compression", "an unknown grpc-encoding is UNIMPLEMENTED (grpcio: INTERNAL)") {
            // Behind the check of gzip: grpcio takes the field's name amiss from then on.
            // A compressed message, says its first byte; but of an unknown kind.
            let path = try await easyMethod($0)
            try await $0.client().call(
                path, rawBody: ByteBuffer(bytes: [1, 0, 0, 0, 1, 0]),
                metadata: [("grpc-encoding", "no-such-encoding")]
            ).expect(12, 13)
        },
        Check("deadline", "a deadline in the past is DEADLINE_EXCEEDED") {
            let path = try await easyMethod($0)
            let reply = try await $0.client().call(
                path, [ByteBuffer()], metadata: [("grpc-timeout", "1n")])
            // A stream that the server resets with CANCEL means the same to clients.
            try expect(reply.code == 4 || reply.resetCode == 8, "\(reply.codeName) came")
        },
        Check("truncated", "a message shorter than its prefix says is refused") {
            let path = try await easyMethod($0)
            let reply = try await $0.client().call(
                path, rawBody: ByteBuffer(bytes: [0, 0, 0, 0, 9, 1]))
            try expect(reply.code != 0, "it was answered with OK")
        },
        Check("two-messages", "a second message in a unary call is refused") {
            let path = try await easyMethod($0)
            let reply = try await $0.client().call(path, [ByteBuffer(), ByteBuffer()])
            try expect(reply.code != 0, "it was answered with OK")
        },
    ]
}
