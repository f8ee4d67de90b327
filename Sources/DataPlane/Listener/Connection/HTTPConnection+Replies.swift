import NIOCore
import NIOHTTP1
import ServingCore

extension HTTPConnection {
    func respond(_ response: HTTPResponse, to number: UInt64) {
        if eventLoop.inEventLoop {
            complete(response, number)
        } else {
            eventLoop.execute { self.complete(response, number) }
        }
    }

    /// Writes the answer of the request in flight; others are late or repeated and are dropped.
    private func complete(_ response: HTTPResponse, _ number: UInt64) {
        guard phase == .inFlight, number == self.number else { return }
        if isDraining || response.saysClose { exchange.form.keepsAlive = false }
        let keepsAlive = exchange.form.keepsAlive
        writeReply(response)
        exchange.cancellation = nil
        exchange.bodyShare = nil
        if !keepsAlive {
            return input.readableBytes > 0 ? linger() : closeAfterWrites()
        }
        if !isReading { flushIfNeeded() }
        guard !isProcessing else { return }
        if input.readableBytes > 0 {
            process()
            if !isReading { flushIfNeeded() }
        }
        releaseRead()
    }

    /// Serialises and writes, tells the observer, and makes the connection idle; does not flush.
    func writeReply(_ response: HTTPResponse) {
        guard let context else { return }
        let (start, rest) = ReplyWriter(context: loopContext).write(response, exchange.form)
        context.write(wrapOutboundOut(start), promise: nil)
        if let rest { context.write(wrapOutboundOut(rest), promise: nil) }
        needsFlush = true
        enter(.idle)
        report(response, bytesOut: exchange.form.isHead ? 0 : response.body.readableBytes)
    }

    private func report(_ response: HTTPResponse, bytesOut: Int) {
        guard let observer = setup.observer else { return }
        let record = makeRecord(response, bytesOut: bytesOut)
        observer.requestFinished(
            status: Int(response.status.code), nanoseconds: nanosecondsTaken, record: record)
    }

    /// A line of the access log about the request under way, if the observer wants one.
    func makeRecord(_ response: HTTPResponse, bytesOut: Int) -> RequestRecord? {
        guard wantsRecords else { return nil }
        return RequestRecord(
            method: exchange.method, target: exchange.target,
            status: Int(response.status.code), bytesIn: exchange.bytesIn, bytesOut: bytesOut,
            nanoseconds: nanosecondsTaken, remoteAddress: remoteAddress,
            userAgent: exchange.userAgent)
    }

    private var nanosecondsTaken: UInt64 {
        UInt64(clamping: (since - exchange.received).nanoseconds)
    }

    func flushIfNeeded() {
        guard needsFlush, let context else { return }
        needsFlush = false
        context.flush()
    }
}

extension HTTPResponse {
    /// Whether the handler wants the connection closed after this answer.
    fileprivate var saysClose: Bool {
        headers.first(name: "connection").map { $0.lowercased() == "close" } ?? false
    }
}
