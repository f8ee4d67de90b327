import NIOCore
import NIOHTTP1
import ServingCore

/// One connection; carries one request at a time.
///
/// `@unchecked Sendable`: all state is touched only on the channel's event loop.
final class ClientConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// A request on its way.
    struct Request: Sendable {
        var head: HTTPRequestHead
        var body: ByteBuffer
        var bytesMaximum: Int
    }

    /// The connection ended before a byte of the reply: on a kept connection, worth a second try.
    struct ClosedBeforeReply: Error {}

    private var promise: EventLoopPromise<(ClientReply, reusable: Bool)>?
    private var reply: ClientReply?
    private var isReusable = false
    private var bytesMaximum = 0
    /// What ended the connection before a request was sent, such as a failed handshake.
    private var failure: (any Error)?

    /// Sends a request; call on the event loop, with no other request under way.
    func send(
        _ request: Request, on channel: any Channel,
        _ promise: EventLoopPromise<(ClientReply, reusable: Bool)>
    ) {
        guard channel.isActive, failure == nil else {
            return promise.fail(failure ?? ClosedBeforeReply())
        }
        self.promise = promise
        reply = nil
        bytesMaximum = request.bytesMaximum
        channel.write(HTTPClientRequestPart.head(request.head), promise: nil)
        if request.body.readableBytes > 0 {
            channel.write(HTTPClientRequestPart.body(.byteBuffer(request.body)), promise: nil)
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            // `100 Continue` and its like announce the reply; they are not it.
            guard head.status.code >= 200 else { return }
            isReusable = head.isKeepAlive
            reply = ClientReply(status: head.status, headers: head.headers, body: ByteBuffer())
        case .body(let part):
            guard let size = reply?.body.readableBytes else { return }
            guard size + part.readableBytes <= bytesMaximum else {
                fail(
                    ServingError(
                        .requestTooLarge,
                        "the reply is larger than \(bytesMaximum) bytes, the client's limit; "
                            + "raise replyBytesMaximum"))
                return context.close(promise: nil)
            }
            if size == 0 { reply?.body = part } else { reply?.body.writeImmutableBuffer(part) }
        case .end:
            guard let reply, let promise else { return }
            self.reply = nil
            self.promise = nil
            promise.succeed((reply, isReusable))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if reply == nil {
            fail(ClosedBeforeReply())
        } else {
            fail(
                ServingError(
                    .addressUnavailable, "the server closed the connection within its reply"))
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if promise == nil { failure = error }
        fail(error)
        context.close(promise: nil)
    }

    private func fail(_ error: any Error) {
        promise?.fail(error)
        promise = nil
    }
}
