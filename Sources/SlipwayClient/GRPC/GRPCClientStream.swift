import NIOCore
import NIOHPACK
import NIOHTTP2
import ServingCore
import Wire

/// One call's stream: sends its head and body, collects what comes until the end.
final class GRPCClientStream: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    struct TimedOut: Error {}

    private let head: HPACKHeaders
    private let body: ByteBuffer
    private let promise: EventLoopPromise<GRPCClientReply>
    private let bytesMaximum: Int
    private var headers: HPACKHeaders?
    private var trailers: HPACKHeaders?
    private var received = ByteBuffer()
    private var resetCode: Int?

    init(
        _ head: HPACKHeaders, _ body: ByteBuffer, _ promise: EventLoopPromise<GRPCClientReply>,
        bytesMaximum: Int
    ) {
        self.head = head
        self.body = body
        self.promise = promise
        self.bytesMaximum = bytesMaximum
    }

    func channelActive(context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.headers(.init(headers: head))), promise: nil)
        context.writeAndFlush(
            wrapOutboundOut(.data(.init(data: .byteBuffer(body), endStream: true))), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let frame):
            if headers == nil { headers = frame.headers }
            if frame.endStream { trailers = frame.headers }
        case .data(let frame):
            guard case .byteBuffer(var part) = frame.data else { return }
            guard received.readableBytes + part.readableBytes <= bytesMaximum else {
                promise.fail(
                    ServingError(
                        .requestTooLarge,
                        "the reply is larger than \(bytesMaximum) bytes, the client's limit"))
                return context.close(promise: nil)
            }
            received.writeBuffer(&part)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let closed = error as? NIOHTTP2Errors.StreamClosed {
            resetCode = closed.errorCode.networkCode
        } else {
            promise.fail(error)
        }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // A reset after the trailers only says that the rest of the request is not wanted.
        guard headers != nil || resetCode != nil else {
            return promise.fail(ClientConnection.ClosedBeforeReply())
        }
        promise.succeed(reply())
    }

    private func reply() -> GRPCClientReply {
        let last = trailers ?? HPACKHeaders()
        return GRPCClientReply(
            code: last.first(name: "grpc-status").flatMap { Int($0) },
            message: GRPCMessageText.decoded(last.first(name: "grpc-message") ?? ""),
            messages: messages(), headers: headers ?? HPACKHeaders(), trailers: last,
            httpStatus: headers?.first(name: ":status").flatMap { Int($0) } ?? 0,
            resetCode: trailers == nil ? resetCode : nil)
    }

    /// The messages; none when the reply is not framed as gRPC or breaks off: the code, or its
    /// absence, says what it was then.
    private func messages() -> [ByteBuffer] {
        guard headers?.first(name: "grpc-status") == nil else { return [] }
        var reader = GRPCMessageReader(limit: bytesMaximum)
        reader.append(received)
        var messages: [ByteBuffer] = []
        while let message = try? reader.next() {
            guard !message.isCompressed else { return [] }
            messages.append(message.bytes)
        }
        return reader.bufferedBytes == 0 ? messages : []
    }
}
