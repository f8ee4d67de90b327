import Inference
import Logging
import NIOCore
import NIOHTTP1
import ServingCore

/// One client's connection: bytes in, requests to the handler one at a time, replies out in order.
///
/// Pipelined requests wait as bytes; nothing more is read while one is answered and others wait, or
/// while the client does not read its replies.
///
/// `@unchecked Sendable`: all state is touched only on the channel's event loop; what others call
/// (`respond`, `drain`, `forceClose`) goes there first.
final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler, HTTPResponseSink,
    ListenerConnection, @unchecked Sendable
{
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What every connection of a listener is given.
    struct Setup: Sendable {
        var limits: ListenerLimits
        var requestTimeout: Duration
        var compressReplies: Bool
        var isTLS: Bool
        var protocols: ListenerProtocols
        /// What answers ordinary requests; nil on a port for gRPC alone.
        var handler: (any HTTPHandler)?
        /// What answers gRPC calls, which come over HTTP/2 only.
        var grpc: (any GRPCHandler)?
        var registry: ConnectionRegistry
        var bodies: BodyBudget
        /// Replies of HTTP/2 that clients have not taken yet; one of HTTP/1 holds its connection up.
        var replies: BodyBudget
        var observer: (any ListenerObserver)?
        var logger: Logger
    }

    let setup: Setup
    let eventLoop: any EventLoop
    let watch: SlowClientWatch
    let loopContext = LoopContext.ofThisThread()
    let wantsRecords: Bool
    /// Kept for the access log, because a closed channel no longer knows it.
    var remoteAddress = ""
    var context: ChannelHandlerContext?

    // Reading
    var reader: RequestReader
    var input = ByteBuffer()
    var head: RequestHead?
    var body: RequestBody?
    var isProcessing = false
    var isReading = false
    var holdsRead = false
    var inputEnded = false
    /// Whether the first bytes have not shown yet what the client speaks.
    var isUndecided: Bool

    // The request that is read or answered
    var number: UInt64 = 0
    var exchange = Exchange()

    // Time
    var phase = ConnectionPhase.idle
    var since = NIODeadline.distantPast
    var timer: Scheduled<Void>?
    var stalled: (bytes: Int, since: NIODeadline)?

    // Ending
    var needsFlush = false
    var isDraining = false
    var admission = ConnectionRegistry.Admission.close

    /// Call on the channel's event loop.
    init(_ setup: Setup, eventLoop: any EventLoop) {
        self.setup = setup
        self.eventLoop = eventLoop
        watch = SlowClientWatch(limits: setup.limits)
        reader = RequestReader(limits: setup.limits)
        isUndecided = setup.protocols.contains(.http2)
        wantsRecords = setup.observer?.wantsRecords ?? false
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { open(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        open(context)
        context.fireChannelActive()
    }

    private func open(_ context: ChannelHandlerContext) {
        guard timer == nil else { return }
        enter(setup.isTLS ? .handshake : .idle)
        admission = setup.registry.admit(self)
        switch admission {
        case .serve:
            if wantsRecords { remoteAddress = Self.describe(context.channel.remoteAddress) }
            setup.observer?.connectionOpened()
            armTimer(at: since + watch.interval)
        case .refuse where !setup.isTLS: refuseConnection()
        case .refuse, .close:
            setup.observer?.requestRefused(status: 503)
            context.close(promise: nil)
        }
    }

    private static func describe(_ address: SocketAddress?) -> String {
        guard let address, let text = address.ipAddress else { return "unix" }
        return address.port.map { "\(text):\($0)" } ?? text
    }

    func channelInactive(context: ChannelHandlerContext) {
        let previous = phase
        // What went on with the connection hears of its end itself.
        guard previous != .handedOver else { return context.fireChannelInactive() }
        enter(.closed)
        timer?.cancel()
        if previous == .inFlight { exchange.cancellation?.cancel() }
        if admission != .close {
            setup.registry.remove(self, wasRefused: admission == .refuse)
            if admission == .serve { setup.observer?.connectionClosed() }
        }
        exchange = Exchange()
        input = ByteBuffer()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        switch phase {
        case .handedOver: return context.fireChannelRead(data)
        case .lingering, .closing, .closed: return
        default: break
        }
        isReading = true
        if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
        process()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flushIfNeeded()
        if phase == .handedOver { context.fireChannelReadComplete() }
    }

    /// Holds reading back while bytes wait for their turn, or replies wait for the client.
    func read(context: ChannelHandlerContext) {
        if mustHoldReads(context) { holdsRead = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            process()
            flushIfNeeded()
        }
        context.fireChannelWritabilityChanged()
    }

    private func mustHoldReads(_ context: ChannelHandlerContext) -> Bool {
        switch phase {
        case .inFlight: input.readableBytes > 0 || !context.channel.isWritable
        case .idle, .head, .body: !context.channel.isWritable
        default: false
        }
    }

    /// Lets a held read go once its reason is gone.
    func releaseRead() {
        guard holdsRead, let context, !mustHoldReads(context) else { return }
        holdsRead = false
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if phase != .handedOver, case .some(.inputClosed) = event as? ChannelEvent {
            inputHasEnded()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        setup.logger.debug("a connection failed", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    /// Enters a phase now.
    func enter(_ next: ConnectionPhase) {
        phase = next
        since = eventLoop.now
    }
}

/// What must be remembered of a request until its reply is written.
struct Exchange {
    var form = ReplyWriter.Form()
    var received = NIODeadline.distantPast
    var deadline = NIODeadline.distantFuture
    var cancellation: RequestCancellation?
    /// Kept until the answer is written: so long are the body's bytes in use.
    var bodyShare: BodyShare?
    var bytesIn = 0
    // Only for the access log.
    var method = ""
    var target = ""
    var userAgent: String?
}
