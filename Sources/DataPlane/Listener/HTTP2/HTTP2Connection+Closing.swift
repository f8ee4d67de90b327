import Inference
import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2
import ServingCore

/// Time limits, and the ends of connections.
extension HTTP2Connection {
    /// Looks at the connection at that moment, or earlier.
    func look(at moment: NIODeadline) {
        guard timer == nil || moment < timerDue else { return }
        timer?.cancel()
        timerDue = moment
        timer = eventLoop.scheduleTask(deadline: moment) { self.lookAtClient() }
    }

    private func lookAtClient() {
        timer = nil
        guard phase != .closed, let context else { return }
        let now = eventLoop.now
        if isStalled(now, context) || phase == .closing { return context.close(promise: nil) }
        for stream in Array(streams.values) where stream.due(setup.limits) <= now {
            timeIsUp(stream)
        }
        if streams.isEmpty, isIdleTooLong(now) { return fail(.noError, "") }
        var next = now + watch.interval
        for stream in streams.values { next = min(next, stream.due(setup.limits)) }
        if streams.isEmpty { next = min(next, idleSince.later(by: setup.limits.keepAlive)) }
        look(at: max(next, now + .milliseconds(1)))
        flushIfNeeded()
    }

    private func isIdleTooLong(_ now: NIODeadline) -> Bool {
        now >= idleSince.later(by: setup.limits.keepAlive)
    }

    private func timeIsUp(_ stream: HTTP2Stream) {
        if stream.isClosed || stream.outputEnded {
            // Either the handler never answered, or the client never read: nobody waits any longer.
            stream.isWithHandler = false
            stream.share = nil
            if !stream.isClosed { write(.rstStream(.cancel), on: stream.id) }
            stream.isClosed = true
            return settle(stream)
        }
        let now = eventLoop.now
        if stream.unsentBytes > 0, now >= stream.lastProgress.later(by: setup.limits.replyWrite) {
            return reset(stream, .cancel)
        }
        let receiver = stream.receiver
        if stream.isGRPC {
            end(stream, .timeIsUp)
        } else if stream.isWithHandler {
            refuse(
                stream,
                Refusal(
                    .gatewayTimeout,
                    "the request was not answered by its deadline; "
                        + "see the server's log and metrics"))
        } else {
            refuse(
                stream,
                Refusal(.requestTimeout, "the request's body did not come in time; send it again"))
        }
        // After the answer: a handler that gives up at once must not answer first.
        stream.cancellation.cancel()
        receiver?.cancelled()
        settle(stream)
    }

    /// Whether replies wait and the client has read nothing of them for too long.
    private func isStalled(_ now: NIODeadline, _ context: ChannelHandlerContext) -> Bool {
        let pending = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        guard pending > 0 else {
            stalled = nil
            return false
        }
        guard let before = stalled, before.bytes == pending else {
            stalled = (pending, now)
            return false
        }
        return now >= before.since.later(by: setup.limits.replyWrite)
    }

    func drain() {
        eventLoop.execute {
            guard self.phase == .serving else { return }
            self.phase = .draining
            // Streams that the client opens before it reads this are still served (RFC 9113
            // section 6.8): the answer to the ping shows that it has read it.
            self.announceDrain()
            self.write(
                .ping(HTTP2PingData(withInteger: 0x736C_6970_7761_7921), ack: false),
                on: .rootStream)
            self.flushIfNeeded()
            self.eventLoop.scheduleTask(in: TimeAmount(Limits.drainPingTimeout)) {
                if self.phase == .draining { self.startFinishing(announce: true) }
            }
        }
    }

    /// Writes the first GOAWAY past the frame layer, which would ignore new streams from then on, and
    /// take their data for an error.
    private func announceDrain() {
        let frames = try? context?.pipeline.syncOperations.context(
            handlerType: NIOHTTP2Handler.self)
        // Eight bytes of payload, type 7, no flags, stream 0; the highest stream, NO_ERROR.
        let bytes = ByteBuffer(bytes: [
            0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0,
        ])
        frames?.write(NIOAny(IOData.byteBuffer(bytes)), promise: nil)
    }

    /// Takes no more streams; closes when those under way are over.
    func startFinishing(announce: Bool) {
        guard phase == .serving || phase == .draining else { return }
        phase = .finishing
        if announce { goAway(lastStream, .noError, "") }
        if streams.isEmpty { return closeLingering() }
        flushIfNeeded()
    }

    func forceClose() {
        eventLoop.execute { self.context?.close(promise: nil) }
    }

    /// Sends the client away, with a reason for its log.
    func fail(_ code: HTTP2ErrorCode, _ reason: String) {
        goAway(lastStream, code, reason)
        closeLingering()
    }

    private func goAway(_ last: HTTP2StreamID, _ code: HTTP2ErrorCode, _ reason: String) {
        let data = reason.isEmpty ? nil : ByteBuffer(string: reason)
        write(.goAway(lastStreamID: last, errorCode: code, opaqueData: data), on: .rootStream)
    }

    /// Ends our half after what is written and reads the client's rest away for a while: closing with
    /// unread bytes would reset the connection, and the client could lose the last frames.
    func closeLingering() {
        guard phase != .closing, phase != .closed, let context else { return }
        phase = .closing
        for stream in streams.values { abandon(stream) }
        needsFlush = false
        context.flush()
        timer?.cancel()
        timer = nil
        look(at: eventLoop.now.later(by: setup.limits.linger))
        context.close(mode: .output, promise: nil)
    }
}
