import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix

/// What gRPC's transport itself costs here: take an HTTP/2 request, send its body back with the
/// trailers of a successful call, nothing else; a child channel for each stream, as SwiftNIO has it.
enum HTTP2EchoFloor {
    static func run(port: Int) throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: 256),
            HTTP2Setting(parameter: .initialWindowSize, value: 1 << 20),
            HTTP2Setting(parameter: .maxFrameSize, value: 65_536),
        ]
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.targetWindowSize = 1 << 20
        let (settings, window) = (connection, stream)
        let channel = try ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
                        mode: .server, connectionConfiguration: settings,
                        streamConfiguration: window
                    ) { stream in
                        stream.eventLoop.makeCompletedFuture {
                            try stream.pipeline.syncOperations.addHandler(CallEcho())
                        }
                    }
                }
            }
            .bind(host: "127.0.0.1", port: port).wait()
        say("listening on \(channel.localAddress?.port ?? 0)")
        try channel.closeFuture.wait()
    }
}

private final class CallEcho: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private static let head = HPACKHeaders([
        (":status", "200"), ("content-type", "application/grpc"),
    ])
    private static let trailers = HPACKHeaders([("grpc-status", "0")])
    private var body = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .data(let frame) = unwrapInboundIn(data),
            case .byteBuffer(var part) = frame.data
        else { return }
        if body.readableBytes == 0 { body = part } else { body.writeBuffer(&part) }
        guard frame.endStream else { return }
        context.write(wrapOutboundOut(.headers(.init(headers: Self.head))), promise: nil)
        context.write(wrapOutboundOut(.data(.init(data: .byteBuffer(body)))), promise: nil)
        context.writeAndFlush(
            wrapOutboundOut(.headers(.init(headers: Self.trailers, endStream: true))),
            promise: nil)
    }
}
