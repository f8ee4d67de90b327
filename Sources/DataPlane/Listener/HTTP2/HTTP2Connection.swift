import Logging
import NIOCore
import NIOHPACK
import NIOHTTP2
import ServingCore
import Synchronization

/// One client's HTTP/2 connection, behind the frame layer: gRPC calls and ordinary requests in, many at
/// once, answers out in any order.
///
/// There are no channels for streams; a stream is an entry in a table. Flow control towards the server
/// is the connection's work: its own window is refilled always, a stream's as long as the stream wants
/// more, so that one slow call holds back nobody else.
///
/// `@unchecked Sendable`: all state is touched only on the channel's event loop; what others call
/// (answers, `drain`, `forceClose`) goes there first, answers through `mailbox`.
final class HTTP2Connection: ChannelDuplexHandler, ListenerConnection, @unchecked Sendable {
    typealias InboundIn = HTTP2Frame
    typealias OutboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// `serving` to `draining` (first GOAWAY) to `finishing` (last GOAWAY: no new streams) to `closing`.
    enum Phase { case serving, draining, finishing, closing, closed }

    let setup: HTTPConnection.Setup
    let eventLoop: any EventLoop
    let loopContext: LoopContext
    let watch: SlowClientWatch
    let frames = FrameWatch()
    let wantsRecords: Bool
    let remoteAddress: String
    let mailbox = AnswerMailbox()
    /// Whether answers out of the mailbox are being applied.
    var isReadingMail = false
    var context: ChannelHandlerContext?

    var phase = Phase.serving
    var streams: [HTTP2StreamID: HTTP2Stream] = [:]
    var lastStream = HTTP2StreamID.rootStream
    /// When the last stream was over.
    var idleSince: NIODeadline
    var timer: Scheduled<Void>?
    var timerDue = NIODeadline.distantFuture
    var stalled: (bytes: Int, since: NIODeadline)?
    var pings = PingPolicy()
    var isReading = false
    var holdsRead = false
    var needsFlush = false

    /// Goes on with a connection whose first bytes were the preface; call on its event loop.
    init(after connection: HTTPConnection) {
        setup = connection.setup
        eventLoop = connection.eventLoop
        loopContext = connection.loopContext
        watch = connection.watch
        wantsRecords = connection.wantsRecords
        remoteAddress = connection.remoteAddress
        idleSince = connection.eventLoop.now
        frames.connection = self
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let increment = Limits.connectionWindowBytes - 65_535
        write(.windowUpdate(windowSizeIncrement: increment), on: .rootStream)
        needsFlush = true
        look(at: eventLoop.now + watch.interval)
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .closed
        timer?.cancel()
        for stream in streams.values { abandon(stream) }
        streams = [:]
        frames.connection = nil
        setup.registry.remove(self, wasRefused: false)
        setup.observer?.connectionClosed()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase != .closing, phase != .closed else { return }
        isReading = true
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .headers(let fields): received(fields, on: frame.streamID)
        case .data(let part): received(part, on: frame.streamID)
        case .ping(_, let isAnswer): receivedPing(isAnswer: isAnswer)
        case .goAway: startFinishing(announce: false)
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flushIfNeeded()
        context.fireChannelReadComplete()
    }

    /// Reads nothing more while the client does not take what was written: what it asks for would wait
    /// for it in memory.
    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { holdsRead = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if holdsRead, context.channel.isWritable {
            holdsRead = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as NIOHTTP2WindowUpdatedEvent: windowChanged(event)
        case let event as StreamClosedEvent: closed(event.streamID, reason: event.reason)
        case ChannelEvent.inputClosed: context.close(promise: nil)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let cause = (error as? NIOHTTP2Errors.StreamError)?.baseError ?? error
        setup.logger.debug("an HTTP/2 connection failed", metadata: ["error": "\(cause)"])
        // An error of one stream concerns that stream only. A WINDOW_UPDATE that waited for the socket
        // until its stream had ended is one, too.
        if error is NIOHTTP2Errors.StreamError { return }
        if error is any NIOHTTP2Error, !frames.hasFailed { return }
        if phase == .closing || phase == .closed { return }
        setup.observer?.requestRefused(status: 400)
        closeLingering()
    }

    /// Writes a frame; `flushIfNeeded` sends it.
    func write(
        _ payload: HTTP2Frame.FramePayload, on stream: HTTP2StreamID,
        _ promise: EventLoopPromise<Void>? = nil
    ) {
        guard let context else { return promise?.fail(ChannelError.ioOnClosedChannel) ?? () }
        context.write(
            wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: promise)
        needsFlush = true
    }

    /// Sends what was written, unless a read is under way, whose end sends everything at once.
    func flushIfNeeded() {
        guard needsFlush, !isReading else { return }
        needsFlush = false
        context?.flush()
    }
}

/// Sees the frames that go out: how far each stream has got, and whether the frame layer has given up.
final class FrameWatch: NIOHTTP2FrameDelegate {
    weak var connection: HTTP2Connection?
    /// Whether the frame layer has ended the connection because of an error.
    private(set) var hasFailed = false

    func wroteFrame(_ frame: HTTP2Frame) {
        switch frame.payload {
        case .data(let part):
            connection?.sent(part.data.readableBytes, on: frame.streamID)
            if part.endStream { connection?.sentEnd(on: frame.streamID) }
        case .headers(let fields) where fields.endStream:
            connection?.sentEnd(on: frame.streamID)
        case .goAway(_, let code, _) where code != .noError: hasFailed = true
        default: break
        }
    }
}

/// Decides when a client's pings are abuse: many, close together, with nothing sent in between.
struct PingPolicy {
    private var last: NIODeadline?
    private var strikes = 0

    /// The server has sent headers or data: pings may be about them.
    mutating func didSend() { strikes = 0 }

    /// Counts a ping; false when it was one too many.
    mutating func allows(at now: NIODeadline) -> Bool {
        if let last, now < last + .seconds(Limits.pingIntervalSeconds) { strikes += 1 }
        last = now
        return strikes <= Limits.pingStrikesMaximum
    }
}
