import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import ServingCore
import SlipwayClient
import Tensors

@testable import Conformance

/// An HTTP/1.1 server that gives every request the answer of a function.
struct LyingRESTServer {
    typealias Answer = @Sendable (HTTPRequestHead) -> (status: HTTPResponseStatus, body: String)

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let answer: Answer
        private var head: HTTPRequestHead?

        init(_ answer: @escaping Answer) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body: break
            case .end:
                guard let head else { return }
                let (status, body) = answer(head)
                let fields: HTTPHeaders = [
                    "content-type": "text/html", "content-length": "\(body.utf8.count)",
                ]
                let reply = HTTPResponseHead(version: .http1_1, status: status, headers: fields)
                context.write(wrapOutboundOut(.head(reply)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }

    let channel: any Channel

    init(_ answer: @escaping Answer) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }

    func stop() async throws { try await channel.close() }
}

/// An HTTP/2 server that ends every call with one status; OK comes after an empty message.
struct LyingGRPCServer {
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTP2Frame.FramePayload
        typealias OutboundOut = HTTP2Frame.FramePayload
        private let code: Int

        init(_ code: Int) { self.code = code }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let isLast =
                switch unwrapInboundIn(data) {
                case .headers(let headers): headers.endStream
                case .data(let data): data.endStream
                default: false
                }
            guard isLast else { return }
            let head: HPACKHeaders = [":status": "200", "content-type": "application/grpc"]
            context.write(wrapOutboundOut(.headers(.init(headers: head))), promise: nil)
            if code == 0 {
                let empty = ByteBuffer(repeating: 0, count: 5)
                context.write(
                    wrapOutboundOut(.data(.init(data: .byteBuffer(empty)))), promise: nil)
            }
            let tail: HPACKHeaders = ["grpc-status": "\(code)"]
            context.writeAndFlush(
                wrapOutboundOut(.headers(.init(headers: tail, endStream: true))), promise: nil)
        }
    }

    let channel: any Channel

    init(code: Int) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.configureHTTP2Pipeline(mode: .server) { stream in
                    stream.eventLoop.makeCompletedFuture {
                        try stream.pipeline.syncOperations.addHandler(Handler(code))
                    }
                }.map { _ in }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }

    func stop() async throws { try await channel.close() }
}

extension ModelSample {
    static let numbers = ModelSample(
        model: "m",
        inputs: [
            Port(name: "x", type: .float32, shape: [1, 2], isBatched: true),
            Port(name: "n", type: .int64, shape: [1, 1], isBatched: true),
        ], outputs: [Port(name: "y", type: .float32, shape: [1, 2], isBatched: true)])

    static let texts = ModelSample(
        model: "m", inputs: [Port(name: "x", type: .bytes, shape: [1, 1], isBatched: true)],
        outputs: [Port(name: "y", type: .bytes, shape: [1, 1], isBatched: true)])
}
