import Logging
import NIOCore
import NIOHTTP2

extension HTTPConnection {
    /// Finds out by the first bytes what the client speaks.
    ///
    /// - Returns: Whether to read on as HTTP/1.
    func decide(_ context: ChannelHandlerContext) -> Bool {
        guard input.readableBytes > 0 else { return true }
        switch HTTP2Preface.match(input) {
        case .whole:
            handOver(context)
            return false
        case .beginning:
            if phase != .head { enter(.head) }
            releaseRead()
            return false
        case .other:
            isUndecided = false
            guard !setup.protocols.contains(.http1) || setup.handler == nil else { return true }
            refuse(
                .bad(
                    "this port serves gRPC over HTTP/2, but something else came; REST has a port "
                        + "of its own, see 'listen.rest' of the server"))
            return false
        }
    }

    /// Puts the frame layer and an HTTP/2 connection in this handler's place.
    private func handOver(_ context: ChannelHandlerContext) {
        let successor = HTTP2Connection(after: self)
        let bytes = input
        input = ByteBuffer()
        enter(.handedOver)
        timer?.cancel()
        setup.registry.replace(self, by: successor)
        let pipeline = context.pipeline.syncOperations
        do {
            // In this order: what the successor writes at once goes through the frame layer.
            let frames = setup.makeFrameHandler(successor.frames)
            try pipeline.addHandler(frames, position: .after(self))
            try pipeline.addHandler(successor, position: .after(frames))
        } catch {
            setup.logger.error("cannot serve HTTP/2: \(error)")
            return context.close(promise: nil)
        }
        context.fireChannelRead(wrapInboundOut(bytes))
        pipeline.removeHandler(self, promise: nil)
    }
}
