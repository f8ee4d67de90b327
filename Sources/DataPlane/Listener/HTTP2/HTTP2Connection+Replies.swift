import Inference
import NIOCore
import NIOHPACK
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
        case .message(let reply): return send(reply, on: stream)
        case .handled: return handled(stream)
        case .response(let response):
            stream.isWithHandler = false
            if !stream.outputEnded { end(stream, response) }
        case .status(let status):
            stream.isWithHandler = false
            if !stream.outputEnded { end(stream, status) }
        case .reply(let reply, let trailers):
            stream.isWithHandler = false
            if !stream.outputEnded {
                send(reply, on: stream)
                end(stream, GRPCStatus(.ok, trailers: trailers))
            }
        }
        stream.share = nil
        settle(stream)
    }

    private func handled(_ stream: HTTP2Stream) {
        stream.credit = min(stream.credit + 1, Limits.messagesInFlightPerStream)
        deliver(stream)
        settle(stream)
    }

    /// Writes one message, behind the head if it is the first.
    private func send(_ reply: GRPCReply, on stream: HTTP2Stream) {
        guard !stream.outputEnded, !stream.isClosed else { return }
        var framed = reply.framed
        var isCompressed = false
        if stream.compressesReply, let smaller = MessageCoding.compress(reply, loopContext.deflater)
        {
            framed = smaller
            isCompressed = true
        }
        if !stream.hasHead {
            stream.hasHead = true
            let names = isCompressed || (stream.compressesReply && stream.receiver != nil)
            let head = names ? GRPCFields.gzipHead : GRPCFields.head
            write(.headers(.init(headers: head)), on: stream.id)
        }
        stream.bytesOut += reply.framed.readableBytes - GRPCReply.prefixBytes
        stream.unsentBytes += framed.readableBytes
        write(.data(.init(data: .byteBuffer(framed))), on: stream.id)
        pings.didSend()
        // Messages that nobody reads must not pile up; one message of any size may wait.
        let mayWait = Limits.connectionWindowBytes + framed.readableBytes
        guard stream.receiver != nil, stream.unsentBytes > mayWait else { return }
        reset(stream, .cancel)
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
        stream.cancellation.cancel()
        stream.receiver?.cancelled()
        stream.receiver = nil
        stream.messages = GRPCMessageReader(limit: 0)
        stream.message = nil
        stream.body = nil
        guard !stream.outputEnded else { return }
        stream.outputEnded = true
        if stream.isGRPC { report(stream, .cancelled) }
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
