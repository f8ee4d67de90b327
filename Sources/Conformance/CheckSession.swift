import NIOCore
import NIOHTTP1
import ServingCore
import SlipwayClient
import Wire

/// What a check works with: connections to the server, a model of it, and inputs for that model.
struct CheckSession: Sendable {
    /// A name that no server has a model of.
    static let unknownModel = "no_such_model"

    let rest: SlipwayClient
    let grpc: GRPCClient?
    let sample: ModelSample

    var model: String { sample.model }

    /// Asks over REST with a JSON body.
    func rest(
        _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil,
        headers: HTTPHeaders = HTTPHeaders()
    ) async throws -> ClientReply {
        guard let body else { return try await send(method, path, headers, ByteBuffer()) }
        return try await rest(method, path, text: body.text(.compact), headers: headers)
    }

    /// Asks over REST with a body as it is.
    func rest(
        _ method: HTTPMethod, _ path: String, text: String, headers: HTTPHeaders = HTTPHeaders()
    ) async throws -> ClientReply {
        var headers = headers
        if !headers.contains(name: "content-type") {
            headers.add(name: "content-type", value: "application/json")
        }
        return try await send(method, path, headers, ByteBuffer(string: text))
    }

    /// Asks over REST, a second time when the connection was lost: some servers hang up after an
    /// error without having said so. Nothing that is asked changes the server, so this harms nobody.
    func send(_ method: HTTPMethod, _ path: String, _ headers: HTTPHeaders, _ body: ByteBuffer)
        async throws -> ClientReply
    {
        do throws(ServingError) {
            return try await rest.send(method, path, headers: headers, body: body)
        } catch {
            guard error.code == .addressUnavailable else { throw error }
            return try await rest.send(method, path, headers: headers, body: body)
        }
    }

    /// Makes a unary gRPC call.
    ///
    /// Not inlined: with two of these calls in one function, the optimiser of Swift 6.3.1 crashes while it
    /// splits the coroutine.
    @inline(never)
    func call(_ path: String, _ message: ByteBuffer = ByteBuffer()) async throws -> GRPCClientReply
    {
        try await client().call(path, [message])
    }

    /// The gRPC connection.
    func client() throws -> GRPCClient {
        guard let grpc else { throw Skip("no gRPC address is known; give one with --grpc") }
        return grpc
    }
}

extension ClientReply {
    /// Demands a status, or one of several.
    @discardableResult
    func expect(_ wanted: UInt...) throws -> ClientReply {
        guard wanted.contains(status.code) else {
            let list = wanted.map(String.init).joined(separator: " or ")
            throw Breach("status \(list) is expected, \(status.code) came: \(excerpt)")
        }
        return self
    }

    /// Demands a refusal as the Open Inference Protocol has it: an error status, and `{"error": "…"}`.
    ///
    /// The protocol says that the status is "typically 400". Statuses that ask clients to try again
    /// later are none for a request that can never succeed.
    func expectRefusal() throws {
        guard (400...599).contains(status.code), ![408, 429, 502, 503, 504].contains(status.code)
        else { throw Breach("an error status is expected, \(status.code) came: \(excerpt)") }
        try expectError()
    }

    /// Demands `{"error": "…"}` with exactly that text, or with any when it is nil.
    func expectError(_ text: String? = nil) throws {
        guard let message = try document()["error"]?.stringValue else {
            throw Breach("a body {\"error\": \"…\"} is expected, but it is: \(excerpt)")
        }
        guard let text, message != text else { return }
        throw Breach("the error text '\(text)' is expected, '\(message.clipped())' came")
    }

    /// The body as a JSON object.
    func document() throws -> JSONObject {
        guard let object = (try? JSONValue(parsing: body))?.objectValue else {
            throw Breach("a JSON object is expected, but the body is: \(excerpt)")
        }
        return object
    }

    /// The start of the body, for messages.
    var excerpt: String {
        let text = body.getString(at: body.readerIndex, length: min(body.readableBytes, 200)) ?? ""
        return text.isEmpty ? "(no body)" : text.clipped()
    }
}

extension GRPCClientReply {
    /// Demands success with one message, and returns it.
    func expectMessage() throws -> ByteBuffer {
        try expect(0)
        guard messages.count == 1 else {
            throw Breach("one message is expected, \(messages.count) came")
        }
        return messages[0]
    }

    /// Demands a refusal: any code but OK and those that ask clients to try again.
    func expectRefusal() throws {
        guard let code, ![0, 4, 8, 14].contains(code) else {
            throw Breach("an error is expected, \(codeName) came: \(message.clipped())")
        }
    }

    /// Demands a status code, and the exact text unless it is nil.
    @discardableResult
    func expect(_ wanted: Int..., text: String? = nil) throws -> GRPCClientReply {
        guard let code, wanted.contains(code) else {
            let names = wanted.map { Self.codeNames[$0] }.joined(separator: " or ")
            throw Breach("\(names) is expected, \(codeName) came: \(message.clipped())")
        }
        guard let text, message != text else { return self }
        throw Breach("the message '\(text)' is expected, '\(message.clipped())' came")
    }
}

/// Demands a condition.
func expect(_ condition: Bool, _ otherwise: @autoclosure () -> String) throws {
    if !condition { throw Breach(otherwise()) }
}

/// A protobuf message, written by `write`.
func message(_ write: (inout ByteBuffer) -> Void) -> ByteBuffer {
    var buffer = ByteBuffer()
    write(&buffer)
    return buffer
}
