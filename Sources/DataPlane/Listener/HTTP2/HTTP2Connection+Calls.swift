import Inference
import NIOCore
import NIOHPACK
import NIOHTTP2
import ServingCore
import Wire

/// gRPC calls, from their head to the handler.
extension HTTP2Connection {
    func beginCall(_ stream: HTTP2Stream) {
        stream.deadline = stream.received.later(by: setup.requestTimeout)
        do throws(GRPCStatus) {
            try admit(stream)
        } catch {
            end(stream, error)
        }
    }

    private func admit(_ stream: HTTP2Stream) throws(GRPCStatus) {
        stream.work = .call
        guard let grpc = setup.grpc else {
            throw GRPCStatus(
                .unimplemented, "this port serves no gRPC; see 'listen.grpc' of the server")
        }
        guard stream.headers.first(name: ":method") == "POST" else {
            throw GRPCStatus(.internalError, "a gRPC call must be a POST")
        }
        guard stream.headers.count <= setup.limits.headerFields + 4 else {
            throw GRPCStatus(
                .resourceExhausted,
                "the call has \(stream.headers.count) header fields, the limit is "
                    + "\(setup.limits.headerFields); send less metadata")
        }
        try readTimeout(stream)
        guard stream.deadline > eventLoop.now else { throw .timeIsUp }
        try readEncoding(stream)
        switch grpc.method(at: stream.path) {
        case .unary(let method): stream.work = .unary(method)
        case .streaming(let method): open(stream, method)
        case nil:
            throw GRPCStatus(
                .unimplemented,
                "method '\(stream.path.clipped())' is not offered by this server")
        }
    }

    private func readTimeout(_ stream: HTTP2Stream) throws(GRPCStatus) {
        guard let text = stream.headers.first(name: "grpc-timeout") else { return }
        guard let duration = GRPCTimeout.duration(text) else {
            throw GRPCStatus(
                .internalError,
                "malformed grpc-timeout '\(text.clipped())': up to eight digits and one of "
                    + "H, M, S, m, u, n are expected")
        }
        stream.deadline = min(stream.deadline, stream.received.later(by: duration))
    }

    private func readEncoding(_ stream: HTTP2Stream) throws(GRPCStatus) {
        switch stream.headers.first(name: "grpc-encoding") {
        case nil, "identity": return
        case "gzip": stream.coding = .gzip
        case "deflate": stream.coding = .deflate
        case .some(let other):
            throw GRPCStatus(
                .unimplemented,
                "grpc-encoding '\(other.clipped())' is not read here; send one of "
                    + GRPCFields.acceptedEncodings,
                trailers: [.init("grpc-accept-encoding", GRPCFields.acceptedEncodings)])
        }
    }

    /// A streaming call has no time limit but its own: it may last as long as both sides want.
    private func open(_ stream: HTTP2Stream, _ method: any GRPCStreamingMethod) {
        if stream.headers.first(name: "grpc-timeout") == nil { stream.deadline = .distantFuture }
        stream.work = .streaming
        stream.isWithHandler = true
        stream.receiver = method.open(
            makeCall(stream), GRPCStreamWriter(sink: self, call: stream.number))
        stream.headers.removeAll()
    }

    private func makeCall(_ stream: HTTP2Stream, message: ByteBuffer = ByteBuffer()) -> GRPCCall {
        GRPCCall(
            path: stream.path, metadata: stream.headers, message: message,
            received: MonotonicTime(stream.received), deadline: MonotonicTime(stream.deadline),
            cancellation: stream.cancellation)
    }

    func receivedCallBytes(_ bytes: ByteBuffer, _ stream: HTTP2Stream) {
        stream.messages.append(bytes)
        do throws(GRPCStatus) {
            if case .streaming = stream.work {
                try deliverAll(stream)
            } else {
                try takeMessage(stream)
            }
            try cover(stream)
        } catch {
            breakOff(stream, error)
        }
    }

    /// Ends a call whose messages cannot be read. Whoever works on it hears that nobody waits any
    /// more, or a stream's receiver would be kept for good.
    private func breakOff(_ stream: HTTP2Stream, _ status: GRPCStatus) {
        let receiver = stream.receiver
        end(stream, status)
        stream.cancellation.cancel()
        receiver?.cancelled()
    }

    private func takeMessage(_ stream: HTTP2Stream) throws(GRPCStatus) {
        while let message = try nextMessage(stream) {
            guard stream.message == nil else { throw .tooManyMessages }
            stream.message = message
        }
    }

    private func nextMessage(_ stream: HTTP2Stream) throws(GRPCStatus) -> ByteBuffer? {
        let next: GRPCMessageReader.Message?
        do throws(GRPCMessageReader.Failure) {
            next = try stream.messages.next()
        } catch {
            throw GRPCStatus(error)
        }
        guard let next else { return nil }
        guard next.isCompressed else {
            stream.bytesIn += next.bytes.readableBytes
            return next.bytes
        }
        let limit = min(setup.limits.messageBytes, setup.limits.bodyBytes)
        let bytes = try MessageCoding.decompress(next.bytes, stream.coding, limit: limit)
        // As gRPC servers do: who compresses gets compressed answers.
        stream.compressesReply = setup.compressReplies && stream.acceptsGzip
        stream.bytesIn += bytes.readableBytes
        return bytes
    }

    /// Takes what is held of the call out of the budget of all bodies, once it is much.
    private func cover(_ stream: HTTP2Stream) throws(GRPCStatus) {
        let count =
            stream.messages.bufferedBytes + (stream.message?.readableBytes ?? 0)
            + stream.deliveredBytes
        guard count > BodyBudget.uncountedBytes else { return }
        let share = stream.share ?? BodyShare(of: setup.bodies)
        stream.share = share
        do throws(Refusal) { try share.cover(count) } catch {
            throw GRPCStatus(.resourceExhausted, error.message)
        }
    }

    /// The client has said everything: to the handler.
    func dispatchCall(_ stream: HTTP2Stream, _ method: any GRPCUnaryMethod) {
        guard let message = stream.message, stream.messages.bufferedBytes == 0 else {
            let isEmpty = stream.message == nil && stream.messages.bufferedBytes == 0
            return end(stream, isEmpty ? .noMessage : .cutShort)
        }
        // The timer would come too late for work that ends on this very turn of the loop.
        guard stream.deadline > eventLoop.now else { return end(stream, .timeIsUp) }
        stream.message = nil
        stream.isWithHandler = true
        let call = makeCall(stream, message: message)
        stream.headers.removeAll()
        method.handle(call, GRPCResponder(sink: self, call: stream.number))
    }

    /// Delivers the messages of a streaming call as far as its receiver wants them, then its end.
    func deliver(_ stream: HTTP2Stream) {
        // A receiver that handles a message at once gets the next one from the loop below, not from
        // a call inside its own: thousands of small messages would use up the stack.
        guard !stream.outputEnded, !stream.isClosed, !stream.isDelivering else { return }
        stream.isDelivering = true
        defer { stream.isDelivering = false }
        do throws(GRPCStatus) { try deliverAll(stream) } catch { breakOff(stream, error) }
        refillWindow(stream)
    }

    private func deliverAll(_ stream: HTTP2Stream) throws(GRPCStatus) {
        while stream.mayDeliver, !stream.outputEnded, let receiver = stream.receiver {
            guard let message = try nextMessage(stream) else {
                guard stream.inputEnded, !stream.hasToldEnd else { return }
                guard stream.messages.bufferedBytes == 0 else { throw .cutShort }
                stream.hasToldEnd = true
                return receiver.ended()
            }
            stream.delivered.append(message.readableBytes)
            stream.deliveredBytes += message.readableBytes
            try cover(stream)
            receiver.received(message)
        }
    }
}
