import Inference
import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2
import ServingCore
import Wire

extension HTTP2Connection: GRPCResponseSink, HTTPResponseSink {
    func respond(_ response: HTTPResponse, to number: UInt64) { take(.response(response), number) }
    func send(_ reply: GRPCReply, to call: UInt64) { take(.message(reply), call) }
    func finish(_ status: GRPCStatus, to call: UInt64) { take(.status(status), call) }
    func respond(_ reply: GRPCReply, trailers: [GRPCStatus.Trailer], to call: UInt64) {
        take(.reply(reply, trailers), call)
    }
    func messageHandled(of call: UInt64) { take(.handled, call) }

    /// From any thread.
    private func take(_ answer: StreamAnswer, _ number: UInt64) {
        // A loop's own answers must not overtake those that wait, nor those that are being read:
        // applying one may deliver a message whose answer comes before the next is applied.
        if eventLoop.inEventLoop, !isReadingMail {
            readMail()
            apply(answer, number)
            flushIfNeeded()
        } else if mailbox.put(answer, for: number) {
            eventLoop.execute {
                self.readMail()
                self.flushIfNeeded()
            }
        }
    }

    private func readMail() {
        var entries: [AnswerMailbox.Entry] = []
        swap(&entries, &loopContext.answers)
        mailbox.take(into: &entries)
        isReadingMail = true
        defer { isReadingMail = false }
        for entry in entries { apply(entry.answer, entry.stream) }
        entries.removeAll(keepingCapacity: true)
        swap(&entries, &loopContext.answers)
    }

    private func apply(_ answer: StreamAnswer, _ number: UInt64) {
        let id = HTTP2StreamID(Int(truncatingIfNeeded: number))
        guard let stream = streams[id], stream.isWithHandler else { return }
        switch answer {
        case .message(let reply):
            _ = send(reply, on: stream)
            return
        case .handled: return handled(stream)
        case .response(let response):
            stream.isWithHandler = false
            if !stream.outputEnded { end(stream, response) }
        case .status(let status):
            stream.isWithHandler = false
            if !stream.outputEnded { end(stream, status) }
        case .reply(let reply, let trailers):
            stream.isWithHandler = false
            stream.share = nil
            if !stream.outputEnded, send(reply, on: stream) {
                end(stream, GRPCStatus(.ok, trailers: trailers))
            }
        }
        stream.share = nil
        settle(stream)
    }

    private func handled(_ stream: HTTP2Stream) {
        if !stream.delivered.isEmpty { stream.deliveredBytes -= stream.delivered.removeFirst() }
        deliver(stream)
        settle(stream)
    }

    /// Writes one message, behind the head if it is the first.
    ///
    /// - Returns: Whether the call goes on; otherwise it has been ended.
    private func send(_ reply: GRPCReply, on stream: HTTP2Stream) -> Bool {
        guard !stream.outputEnded, !stream.isClosed else { return false }
        var framed = reply.framed
        var isCompressed = false
        if stream.compressesReply, let smaller = MessageCoding.compress(reply, loopContext.deflater)
        {
            framed = smaller
            isCompressed = true
        }
        let written: EventLoopPromise<Void>?
        do throws(Refusal) {
            written = try count(framed.readableBytes, stream)
        } catch {
            let receiver = stream.receiver
            end(stream, GRPCStatus(.resourceExhausted, error.message))
            stream.cancellation.cancel()
            receiver?.cancelled()
            return false
        }
        if !stream.hasHead {
            stream.hasHead = true
            let names = isCompressed || (stream.compressesReply && stream.receiver != nil)
            let head = names ? GRPCFields.gzipHead : GRPCFields.head
            write(.headers(.init(headers: head)), on: stream.id)
        }
        stream.bytesOut += reply.framed.readableBytes - GRPCReply.prefixBytes
        stream.unsentBytes += framed.readableBytes
        write(.data(.init(data: .byteBuffer(framed))), on: stream.id, written)
        pings.didSend()
        // Messages that nobody reads must not pile up; one message of any size may wait.
        let mayWait = Limits.connectionWindowBytes + framed.readableBytes
        guard stream.receiver != nil, stream.unsentBytes > mayWait else { return true }
        reset(stream, .cancel)
        return false
    }

    /// Counts a long reply, or one behind others, among what clients have not taken yet.
    ///
    /// - Returns: What must be told when it is in the socket, or dropped; nil if it is not counted.
    func count(
        _ bytes: Int, _ stream: HTTP2Stream
    ) throws(Refusal) -> EventLoopPromise<Void>? {
        guard bytes + stream.unsentBytes > BodyBudget.uncountedBytes else { return nil }
        let budget = setup.replies
        guard budget.takeWhole(bytes) else {
            throw Refusal(
                .serviceUnavailable,
                "the replies that clients have not read yet have reached their limit in memory; "
                    + "read answers sooner, try again later, or raise limits.bodies",
                headers: ["retry-after": "1"])
        }
        let promise = eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in budget.giveBack(bytes) }
        return promise
    }

    /// Ends a gRPC call: with trailers, or with nothing but them.
    func end(_ stream: HTTP2Stream, _ status: GRPCStatus) {
        guard !stream.outputEnded, !stream.isClosed else { return }
        stream.outputEnded = true
        stream.lastProgress = eventLoop.now
        if stream.hasHead, status.code == .ok, status.trailers.isEmpty, status.message.isEmpty {
            write(.headers(.init(headers: GRPCFields.success, endStream: true)), on: stream.id)
        } else {
            var fields = stream.hasHead ? HPACKHeaders() : GRPCFields.head
            status.write(to: &fields)
            write(.headers(.init(headers: fields, endStream: true)), on: stream.id)
        }
        pings.didSend()
        report(stream, status.code)
        finishOutput(stream)
    }

    /// The reply is on its way, all of it.
    func finishOutput(_ stream: HTTP2Stream) {
        stream.messages = GRPCMessageReader(limit: 0)
        stream.message = nil
        stream.body = nil
        stream.receiver = nil
        if !stream.isWithHandler { stream.share = nil }
        look(at: stream.due(setup.limits))
    }

    /// The end of a reply has left the frame layer: a client that still sends is told to stop. Not
    /// earlier, because a reset drops what waits for the client's window.
    func sentEnd(on id: HTTP2StreamID) {
        guard let stream = streams[id], !stream.inputEnded else { return }
        eventLoop.execute {
            guard self.streams[id]?.isClosed == false else { return }
            self.write(.rstStream(.noError), on: id)
            self.flushIfNeeded()
        }
    }

    /// Ends a stream without a word.
    func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        abandon(stream)
        write(.rstStream(code), on: stream.id)
    }

    /// Nobody reads the answer any more: whoever works on it may stop.
    func abandon(_ stream: HTTP2Stream) {
        let receiver = stream.receiver
        stream.receiver = nil
        stream.messages = GRPCMessageReader(limit: 0)
        stream.message = nil
        stream.body = nil
        let isNews = !stream.outputEnded
        // Before the work hears of it, which may answer at once: nothing is sent any more.
        stream.outputEnded = true
        if isNews, stream.isGRPC { report(stream, .cancelled) }
        stream.cancellation.cancel()
        receiver?.cancelled()
    }

    /// Tells the observer about a call.
    private func report(_ stream: HTTP2Stream, _ code: GRPCStatus.Code) {
        guard let observer = setup.observer else { return }
        observer.callFinished(
            code, nanoseconds: nanosecondsTaken(stream),
            record: makeRecord(stream, status: 200, code, method: "POST"))
    }

    func nanosecondsTaken(_ stream: HTTP2Stream) -> UInt64 {
        UInt64(clamping: (eventLoop.now - stream.received).nanoseconds)
    }

    /// A line of the access log, if the observer wants one.
    func makeRecord(
        _ stream: HTTP2Stream, status: Int, _ code: GRPCStatus.Code?, method: String
    ) -> RequestRecord? {
        guard wantsRecords else { return nil }
        return RequestRecord(
            method: method, target: stream.path, status: status, bytesIn: stream.bytesIn,
            bytesOut: stream.bytesOut, nanoseconds: nanosecondsTaken(stream),
            remoteAddress: remoteAddress, userAgent: stream.userAgent, grpcStatus: code?.rawValue)
    }
}
