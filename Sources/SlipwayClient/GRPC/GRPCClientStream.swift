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
        do throws(ServingError) {
            promise.succeed(try reply())
        } catch {
            promise.fail(error)
        }
    }

    private func reply() throws(ServingError) -> GRPCClientReply {
        let last = trailers ?? HPACKHeaders()
        let text = last.first(name: "grpc-message") ?? ""
        return GRPCClientReply(
            code: last.first(name: "grpc-status").flatMap { Int($0) },
            message: (try? PercentDecoding.decode(text)) ?? text,
            messages: try messages(), headers: headers ?? HPACKHeaders(), trailers: last,
            httpStatus: headers?.first(name: ":status").flatMap { Int($0) } ?? 0,
            resetCode: trailers == nil ? resetCode : nil)
    }

    private func messages() throws(ServingError) -> [ByteBuffer] {
        var rest = received
        var messages: [ByteBuffer] = []
        while rest.readableBytes > 0, headers?.first(name: "grpc-status") == nil {
            guard let flag = rest.readInteger(as: UInt8.self),
                let length = rest.readInteger(as: UInt32.self),
                let message = rest.readSlice(length: Int(length)), flag == 0
            else {
                // Not framed as gRPC: the code, or its absence, says what it was.
                return []
            }
            messages.append(message)
        }
        return messages
    }
}
