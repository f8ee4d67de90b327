import Inference
import NIOCore
import NIOHTTP1
import ServingCore

extension HTTPConnection {
    /// Reads requests from the waiting bytes until one is in flight or more bytes are needed.
    func process() {
        // An answer given inside `handle` comes back here; the loop below goes on by itself.
        guard !isProcessing, let context else { return }
        if isUndecided, canRead {
            guard decide(context) else { return }
        }
        isProcessing = true
        defer { isProcessing = false }
        while canRead, context.channel.isWritable {
            do throws(Refusal) {
                switch try reader.next(&input) {
                case .more: return waitForMore()
                case .head(let head): try begin(head)
                case .body(let part):
                    try body?.append(part)
                    try coverBody()
                    since = eventLoop.now
                case .end: try dispatch()
                }
            } catch {
                refuse(error)
            }
        }
    }

    /// Takes the body's bytes out of the budget of all bodies, once they are many.
    private func coverBody() throws(Refusal) {
        guard let count = body?.byteCount, count > BodyBudget.uncountedBytes else { return }
        let share = exchange.bodyShare ?? BodyShare(of: setup.bodies)
        exchange.bodyShare = share
        try share.cover(count)
    }

    private var canRead: Bool {
        switch phase {
        case .handshake, .idle, .head, .body: true
        case .inFlight, .lingering, .closing, .closed, .handedOver: false
        }
    }

    private func waitForMore() {
        if input.readableBytes == 0 { input = ByteBuffer() }
        if reader.isBetweenRequests, input.readableBytes > 0, phase != .head { enter(.head) }
        releaseRead()
    }

    /// A head is complete: decides how its reply is written, and whether its body is wanted.
    private func begin(_ head: RequestHead) throws(Refusal) {
        enter(.body)
        exchange = Exchange()
        exchange.received = since
        exchange.deadline = since.later(by: setup.requestTimeout)
        exchange.form.isHead = head.method == .HEAD
        exchange.form.keepsAlive = head.isKeepAlive
        exchange.form.saysKeepAlive = head.minorVersion == 0 && head.isKeepAlive
        if setup.compressReplies { exchange.form.acceptEncoding = head.meaning.acceptEncoding }
        if wantsRecords {
            exchange.method = head.method.rawValue
            exchange.target = head.target
            exchange.userAgent = head.headers.first(name: "user-agent")
        }
        self.head = head
        body = try RequestBody(head.meaning, limit: setup.limits.bodyBytes)
        if head.meaning.expectsContinue, !reader.isComplete { admit(head) }
    }

    /// The client waits before it sends its body: asks for it, or refuses it unseen.
    private func admit(_ head: RequestHead) {
        guard let context else { return }
        if let response = setup.handler?.admit(head.nioHead) {
            self.head = nil
            body = nil
            exchange.form.keepsAlive = false
            writeReply(response)
            return linger()
        }
        // A client that already sends does not wait.
        guard input.readableBytes == 0 else { return }
        context.write(
            wrapOutboundOut(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")),
            promise: nil)
        needsFlush = true
        if !isReading { flushIfNeeded() }
    }

    /// The request is complete: to the handler.
    private func dispatch() throws(Refusal) {
        guard let head, let body else { return }
        let bytes = try body.finish()
        self.head = nil
        self.body = nil
        if input.readableBytes == 0 { input = ByteBuffer() }
        number &+= 1
        let cancellation = RequestCancellation()
        exchange.cancellation = cancellation
        exchange.bytesIn = bytes.readableBytes
        phase = .inFlight
        setup.handler?.handle(
            HTTPRequest(
                method: head.method, target: head.target, headers: head.headers, body: bytes,
                received: MonotonicTime(exchange.received),
                deadline: MonotonicTime(exchange.deadline), cancellation: cancellation),
            HTTPResponder(sink: self, number: number))
    }

    /// The client sends nothing more; it may still read.
    func inputHasEnded() {
        inputEnded = true
        switch phase {
        case .inFlight:
            // Nearly always the client is gone; if it only closed its half, it still gets an answer.
            exchange.form.keepsAlive = false
            exchange.cancellation?.cancel()
        case .closing: break
        default: closeAfterWrites()
        }
    }
}

extension MonotonicTime {
    /// NIO reads the same clock.
    init(_ deadline: NIODeadline) {
        self.init(nanoseconds: UInt64(clamping: deadline.uptimeNanoseconds))
    }
}
