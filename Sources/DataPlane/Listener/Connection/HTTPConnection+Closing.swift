import Inference
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL

extension HTTPConnection {
    /// Answers a request that the handler never sees, and ends the connection.
    func refuse(_ refusal: Refusal) {
        // Before a head is complete, the form is that of the request before.
        if phase == .idle || phase == .head {
            exchange = Exchange()
            exchange.received = since
        }
        head = nil
        body = nil
        exchange.bodyShare = nil
        exchange.form.keepsAlive = false
        exchange.form.acceptEncoding = nil
        let response = refusal.response
        enter(.lingering)
        setup.observer?.requestRefused(
            status: Int(refusal.status.code),
            record: makeRecord(response, bytesOut: response.body.readableBytes))
        setup.logger.debug(
            "refused a request",
            metadata: ["status": "\(refusal.status.code)", "reason": "\(refusal.message)"])
        sendLast(response)
        linger()
    }

    /// Too many connections: says so at once.
    func refuseConnection() {
        let refusal = Refusal(
            .serviceUnavailable,
            "this listener serves \(setup.limits.connections) connections, its limit; "
                + "try again later or raise the limit",
            headers: ["retry-after": "1"])
        refuse(refusal)
    }

    private func sendLast(_ response: HTTPResponse) {
        guard let context else { return }
        let (start, rest) = ReplyWriter(context: loopContext).write(response, exchange.form)
        context.write(wrapOutboundOut(start), promise: nil)
        if let rest { context.write(wrapOutboundOut(rest), promise: nil) }
        needsFlush = true
    }

    /// Ends our half after the last reply and reads the client's rest away for a while: closing with
    /// unread bytes would reset the connection, and the client could lose the reply.
    func linger() {
        guard let context else { return }
        input = ByteBuffer()
        enter(.lingering)
        if inputEnded { return closeAfterWrites() }
        afterWrites { $0.close(mode: .output, promise: nil) }
        guard phase == .lingering else { return }
        timer?.cancel()
        armTimer(at: since.later(by: setup.limits.linger))
        holdsRead = false
        context.read()
    }

    /// Closes once everything written has been sent.
    func closeAfterWrites() {
        guard phase != .closing, phase != .closed else { return }
        input = ByteBuffer()
        enter(.closing)
        afterWrites { $0.close(promise: nil) }
    }

    private func afterWrites(_ body: @escaping (ChannelHandlerContext) -> Void) {
        guard let context else { return }
        needsFlush = false
        let promise = eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in
            if let context = self.context { body(context) }
        }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
    }

    /// From any thread: finishes the request under way, if there is one, and closes.
    func drain() {
        eventLoop.execute {
            self.isDraining = true
            switch self.phase {
            case .handshake, .idle: self.closeAfterWrites()
            // The reply, when it comes, closes the connection.
            case .head, .body: break
            case .inFlight: break
            case .lingering, .closing, .closed, .handedOver: break
            }
        }
    }

    /// From any thread: closes now, whatever is under way.
    func forceClose() {
        eventLoop.execute { self.context?.close(promise: nil) }
    }

    /// Looks again at that moment; a connection has one timer, armed at most once in an interval.
    func armTimer(at moment: NIODeadline) {
        timer = eventLoop.scheduleTask(deadline: moment) { self.lookAtClient() }
    }

    private func lookAtClient() {
        guard phase != .closed, phase != .handedOver, let context else { return }
        let now = eventLoop.now
        if isStalled(now, context) {
            context.close(promise: nil)
            return
        }
        if phase == .handshake, handshakeIsDone(context) { phase = .idle }
        let verdict = watch.verdict(
            phase, since: since, requestDeadline: exchange.deadline, now: now)
        switch verdict {
        case .wait(let moment): armTimer(at: moment)
        case .close: context.close(promise: nil)
        case .timeOut(let message): refuse(Refusal(.requestTimeout, message))
        case .giveUp:
            number &+= 1
            exchange.cancellation?.cancel()
            exchange.cancellation = nil
            refuse(
                Refusal(
                    .gatewayTimeout,
                    "the request was not answered by its deadline; "
                        + "see the server's log and metrics"))
        }
        // Lingering armed a timer of its own; a connection that closes once its client has read the
        // refusal needs one as well.
        if phase == .closing { armTimer(at: now + watch.interval) }
    }

    private func handshakeIsDone(_ context: ChannelHandlerContext) -> Bool {
        let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
        return handler?.tlsVersion != nil
    }

    /// Whether replies wait and the client has read nothing of them for too long.
    private func isStalled(_ now: NIODeadline, _ context: ChannelHandlerContext) -> Bool {
        let pending =
            (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
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
}
