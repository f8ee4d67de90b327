import NIOCore
import NIOHPACK
import NIOHTTP2
import ServingCore

extension HTTP2Connection {
    /// A header block: a new stream's head, or the end of a request that has trailers.
    func received(_ fields: HTTP2Frame.FramePayload.Headers, on id: HTTP2StreamID) {
        if let stream = streams[id] {
            if fields.endStream { inputEnded(stream) }
            return settle(stream)
        }
        guard id > lastStream else { return }
        lastStream = id
        guard phase != .finishing, streams.count < Limits.streamsPerConnectionMaximum else {
            return write(.rstStream(.refusedStream), on: id)
        }
        let stream = HTTP2Stream(id, fields.headers, limits: setup.limits, now: eventLoop.now)
        streams[id] = stream
        begin(stream)
        if fields.endStream { inputEnded(stream) }
        settle(stream)
    }

    private func begin(_ stream: HTTP2Stream) {
        stream.path = stream.headers.first(name: ":path") ?? ""
        if wantsRecords { stream.userAgent = stream.headers.first(name: "user-agent") }
        let type = stream.headers.first(name: "content-type") ?? ""
        if type.utf8.starts(with: "application/grpc".utf8), isGRPC(type) {
            beginCall(stream)
        } else {
            beginRequest(stream)
        }
        guard !stream.outputEnded else { return }
        look(at: stream.due(setup.limits))
    }

    /// `application/grpc`, alone or with `+proto` or parameters; not `application/grpc-web`.
    private func isGRPC(_ type: String) -> Bool {
        switch type.utf8.dropFirst("application/grpc".utf8.count).first {
        case nil, UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: " "): true
        default: false
        }
    }

    /// A part of a body.
    func received(_ part: HTTP2Frame.FramePayload.Data, on id: HTTP2StreamID) {
        guard let stream = streams[id], !stream.outputEnded else { return }
        stream.lastProgress = eventLoop.now
        if case .byteBuffer(let bytes) = part.data, bytes.readableBytes > 0 {
            switch stream.work {
            case .unary, .streaming: receivedCallBytes(bytes, stream)
            case .http: receivedBodyBytes(bytes, stream)
            case .call, .none: break
            }
        }
        if part.endStream { inputEnded(stream) } else { refillWindow(stream) }
        settle(stream)
    }

    private func inputEnded(_ stream: HTTP2Stream) {
        guard !stream.inputEnded else { return }
        stream.inputEnded = true
        guard !stream.outputEnded else { return }
        switch stream.work {
        case .unary(let method): dispatchCall(stream, method)
        case .streaming: deliver(stream)
        case .http: dispatchRequest(stream)
        case .call, .none: break
        }
    }

    /// The frame layer has counted bytes; gives the client new windows where it may send more.
    func windowChanged(_ event: NIOHTTP2WindowUpdatedEvent) {
        guard let size = event.inboundWindowSize, phase != .closing, phase != .closed else {
            return
        }
        if event.streamID == .rootStream {
            guard size < Limits.connectionWindowBytes / 2 else { return }
            write(
                .windowUpdate(windowSizeIncrement: Limits.connectionWindowBytes - size),
                on: .rootStream)
        } else if let stream = streams[event.streamID] {
            // Refilled behind the frame that this tells of, which may be the stream's last.
            stream.window = size
        }
        flushIfNeeded()
    }

    /// Lets the client send more on a stream that wants it.
    func refillWindow(_ stream: HTTP2Stream) {
        guard stream.wantsInput, stream.window < Limits.streamWindowBytes / 2 else { return }
        let increment = Limits.streamWindowBytes - stream.window
        stream.window += increment
        write(.windowUpdate(windowSizeIncrement: increment), on: stream.id)
    }

    /// The frame layer has passed on bytes of a reply, as far as the client's windows allow.
    func sent(_ bytes: Int, on id: HTTP2StreamID) {
        guard let stream = streams[id] else { return }
        let wasFull = !stream.mayDeliver
        stream.unsentBytes -= min(bytes, stream.unsentBytes)
        stream.lastProgress = eventLoop.now
        guard wasFull, stream.mayDeliver, stream.receiver != nil else { return }
        // Not from within the write that this is.
        eventLoop.execute { self.goOn(id) }
    }

    private func goOn(_ id: HTTP2StreamID) {
        guard let stream = streams[id] else { return }
        deliver(stream)
        settle(stream)
        flushIfNeeded()
    }

    func receivedPing(isAnswer: Bool) {
        if isAnswer { return phase == .draining ? startFinishing(announce: true) : () }
        guard !pings.allows(at: eventLoop.now) else { return }
        setup.observer?.requestRefused(status: 429)
        fail(.enhanceYourCalm, "too_many_pings")
    }

    /// A stream is over at the frame layer; with a reason, it was reset.
    func closed(_ id: HTTP2StreamID, reason: HTTP2ErrorCode?) {
        guard let stream = streams[id] else { return }
        stream.isClosed = true
        if !stream.outputEnded { abandon(stream) }
        stream.lastProgress = eventLoop.now
        settle(stream)
    }

    /// Forgets a stream that is over, and remembers when the connection became idle.
    func settle(_ stream: HTTP2Stream) {
        guard stream.isOver, streams.removeValue(forKey: stream.id) != nil else { return }
        guard streams.isEmpty else { return }
        idleSince = eventLoop.now
        if phase == .finishing { closeLingering() }
    }
}
