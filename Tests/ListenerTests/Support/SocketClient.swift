import Listener
import NIOCore
import NIOPosix
import NIOSSL

/// A client that sends and shows raw bytes.
struct SocketClient {
    /// Gathers what comes.
    ///
    /// `@unchecked Sendable`: used only on the channel's event loop.
    private final class Collector: ChannelInboundHandler, @unchecked Sendable {
        typealias InboundIn = ByteBuffer
        private var text = ""
        private var isClosed = false
        private var waiting: (end: String?, EventLoopPromise<String>)?

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            deliver()
        }

        func channelInactive(context: ChannelHandlerContext) {
            isClosed = true
            deliver()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        /// Waits until the text ends so, or for all until the connection is closed.
        func wait(_ end: String?, _ promise: EventLoopPromise<String>) {
            waiting = (end, promise)
            deliver()
        }

        private func deliver() {
            guard let (end, promise) = waiting else { return }
            guard isClosed || end.map({ text.hasSuffix($0) }) == true else { return }
            waiting = nil
            promise.succeed(text)
            text = ""
        }
    }

    let channel: any Channel
    private let collector: Collector

    static func connect(
        to address: ListenerAddress, tls: NIOSSLContext? = nil
    ) async throws -> SocketClient {
        let collector = Collector()
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
                    }
                    try channel.pipeline.syncOperations.addHandler(collector)
                }
            }
        let channel =
            switch address {
            case .tcp(let host, let port):
                try await bootstrap.connect(host: host, port: port).get()
            case .unix(let path):
                try await bootstrap.connect(unixDomainSocketPath: path).get()
            }
        return SocketClient(channel: channel, collector: collector)
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// All since the last call, once it ends in `end`, or once the connection is closed.
    func received(until end: String? = nil) async throws -> String {
        let promise = channel.eventLoop.makePromise(of: String.self)
        let collector = self.collector
        channel.eventLoop.execute { collector.wait(end, promise) }
        return try await promise.futureResult.get()
    }

    func close() async throws { try await channel.close() }
}
