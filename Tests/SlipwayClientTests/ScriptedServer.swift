import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server on loopback that answers from a script.
final class ScriptedServer: Sendable {
    struct Exchange: Sendable {
        var head: HTTPRequestHead
        var body: ByteBuffer
    }

    /// What the server does with a request.
    enum Answer: Sendable {
        case reply(HTTPResponseStatus, HTTPHeaders, ByteBuffer)
        case silence
        case hangUp
        /// Answers, then closes without having said so.
        case replyAndHangUp(ByteBuffer)
    }

    /// `@unchecked Sendable`: used only on the channel's event loop.
    private final class Handler: ChannelInboundHandler, @unchecked Sendable {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        let server: ScriptedServer
        var head: HTTPRequestHead?
        var body = ByteBuffer()

        init(_ server: ScriptedServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = ByteBuffer()
            case .body(let part): body.writeImmutableBuffer(part)
            case .end:
                guard let head else { return }
                server.seen.withLock { $0.append(Exchange(head: head, body: body)) }
                perform(server.script(Exchange(head: head, body: body)), context)
            }
        }

        private func perform(_ answer: Answer, _ context: ChannelHandlerContext) {
            switch answer {
            case .reply(let status, let headers, let body):
                write(status, headers, body, context)
            case .silence: break
            case .hangUp: context.close(promise: nil)
            case .replyAndHangUp(let body):
                write(.ok, HTTPHeaders(), body, context)
                context.close(promise: nil)
            }
        }

        private func write(
            _ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ body: ByteBuffer,
            _ context: ChannelHandlerContext
        ) {
            var headers = headers
            headers.add(name: "content-length", value: String(body.readableBytes))
            let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    let seen = Mutex([Exchange]())
    let connections = Mutex(0)
    private let script: @Sendable (Exchange) -> Answer
    private let channel = Mutex((any Channel)?.none)

    init(_ script: @escaping @Sendable (Exchange) -> Answer) { self.script = script }

    /// Answers every request with the same JSON.
    static func json(_ text: String, _ status: HTTPResponseStatus = .ok) -> ScriptedServer {
        ScriptedServer { _ in .reply(status, HTTPHeaders(), ByteBuffer(string: text)) }
    }

    /// Starts, and returns its address.
    func start() async throws -> String {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                self.connections.withLock { $0 += 1 }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.channel.withLock { $0 = channel }
        return "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }

    func stop() async throws {
        try await channel.withLock { $0 }?.close().get()
    }
}
