import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import Listener

/// A connection without a socket, whose time a test moves.
final class Wire {
    /// Counts the reads that get through, and can keep what is written, as a full socket does.
    final class Socket: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var reads = 0
        var isFull = false

        func read(context: ChannelHandlerContext) { reads += 1 }
        func flush(context: ChannelHandlerContext) { if !isFull { context.flush() } }
    }

    let channel = EmbeddedChannel()
    let socket = Socket()
    let observer = RecordingListenerObserver()
    let registry: ConnectionRegistry
    let bodies: BodyBudget
    let connection: HTTPConnection

    init(
        _ handler: RecordingHandler = RecordingHandler(), limits: ListenerLimits = ListenerLimits(),
        requestTimeout: Duration = .seconds(30), registry: ConnectionRegistry? = nil,
        bodies: BodyBudget? = nil
    ) throws {
        self.registry = registry ?? ConnectionRegistry(maximum: limits.connections)
        self.bodies = bodies ?? BodyBudget(limit: limits.bodiesBytes)
        connection = HTTPConnection(
            HTTPConnection.Setup(
                limits: limits, requestTimeout: requestTimeout, compressReplies: true,
                isTLS: false, protocols: [.http1], handler: handler, registry: self.registry,
                bodies: self.bodies, replies: BodyBudget(limit: limits.bodiesBytes),
                observer: observer,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            eventLoop: channel.eventLoop)
        try channel.pipeline.syncOperations.addHandler(socket)
        try channel.pipeline.syncOperations.addHandler(connection)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }

    func send(_ text: String) throws { try send(ByteBuffer(string: text)) }

    func send(_ bytes: ByteBuffer) throws { _ = try channel.writeInbound(bytes) }

    /// All that was sent since the last call, without `date` fields.
    func received() throws -> String {
        let text = String(buffer: try receivedBytes())
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        return lines.filter { !$0.hasPrefix("date: ") }.joined(separator: "\r\n")
    }

    func receivedBytes() throws -> ByteBuffer {
        var all = ByteBuffer()
        while var part = try channel.readOutbound(as: ByteBuffer.self) { all.writeBuffer(&part) }
        return all
    }

    func advance(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }

    var isOpen: Bool { channel.isActive }
}

/// A POST with a body of that text.
func post(_ body: String, _ fields: String = "", target: String = "/x") -> String {
    "POST \(target) HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n"
        + body
}
