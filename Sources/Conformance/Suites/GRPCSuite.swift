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
            let message = try await $0.call(check).expectMessage()
            let status = try message.withProtobufReader { reader throws(ServingError) in
                try reader.nextField() == 1 ? try reader.varint() : 0
            }
            try expect(status == 1, "the status is \(status)")
        },
        Check("health-unknown", "the health of an unknown service is NOT_FOUND") {
            try await $0.call(check, message { $0.writeProtobuf(1, string: "no.such.Service") })
                .expect(5)
        },
        Check("reflection", "server reflection lists the services") {
            var message = ByteBuffer()
            message.writeProtobuf(7, string: "")
            let paths = ["v1", "v1alpha"].map {
                "/grpc.reflection.\($0).ServerReflection/ServerReflectionInfo"
            }
            let first = try await $0.client().call(paths[0], [message])
            let reply = first.code == 12 ? try await $0.client().call(paths[1], [message]) : first
            let text = String(buffer: try reply.expectMessage())
            try expect(
                text.contains("ServerReflection") || text.contains("Service"),
                "no service is listed")
        },
    ]

    private static let transport = [
        Check("unknown-service", "an unknown service is UNIMPLEMENTED") {
            try await $0.call("/no.such.Service/Method").expect(12)
        },
        Check("content-type", "a content type that is not gRPC's is HTTP 415 (404 with REST)") {
            let reply = try await $0.client().call(
                check, [ByteBuffer()], metadata: [("content-type", "application/json")])
            // On a port that serves REST too, it is a REST request for a path that is not there.
            try expect([404, 415].contains(reply.httpStatus), "HTTP \(reply.httpStatus) came")
        },
        Check("unknown-compression", "an unknown grpc-encoding is UNIMPLEMENTED") {
            // A compressed message, says its first byte; but of an unknown kind.
            try await $0.client().call(
                check, rawBody: ByteBuffer(bytes: [1, 0, 0, 0, 1, 0]),
                metadata: [("grpc-encoding", "no-such-encoding")]
            ).expect(12)
        },
        Check("deadline", "a deadline in the past is DEADLINE_EXCEEDED") {
            let reply = try await $0.client().call(
                check, [ByteBuffer()], metadata: [("grpc-timeout", "1n")])
            // A stream that the server resets with CANCEL means the same to clients.
            try expect(reply.code == 4 || reply.resetCode == 8, "\(reply.codeName) came")
        },
        Check("truncated", "a message shorter than its prefix says is refused") {
            let reply = try await $0.client().call(
                check, rawBody: ByteBuffer(bytes: [0, 0, 0, 0, 9, 1]))
            try expect(reply.code != 0, "it was answered with OK")
        },
    ]
}
