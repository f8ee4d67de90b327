import Logging
import NIOCore
import NIOEmbedded
import NIOHPACK

@testable import Listener

/// An HTTP/2 client that writes its frames byte by byte, right or wrong, to a connection without a
/// socket, whose time a test moves.
final class HTTP2Wire {
    /// A frame as it was sent.
    struct Frame {
        enum Kind: UInt8 {
            case data, headers, priority, reset, settings, push, ping, goAway, windowUpdate
            case continuation
        }

        var kind: Kind
        var flags: UInt8
        var stream: UInt32
        var payload: ByteBuffer
        var fields: [String: String] = [:]

        var isEnd: Bool { flags & 1 != 0 }
        /// The error code of a reset, or of a GOAWAY.
        var code: UInt32? {
            payload.getInteger(at: payload.readerIndex + (kind == .goAway ? 4 : 0))
        }
    }

    let channel = EmbeddedChannel()
    let socket = Wire.Socket()
    let observer = RecordingListenerObserver()
    let registry: ConnectionRegistry
    let bodies: BodyBudget
    private var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
    private var decoder = HPACKDecoder(allocator: ByteBufferAllocator())

    static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    init(
        _ grpc: (any GRPCHandler)? = RecordingCalls(), handler: RecordingHandler? = nil,
        protocols: ListenerProtocols = [.http1, .http2], limits: ListenerLimits = ListenerLimits(),
        requestTimeout: Duration = .seconds(30), greets: Bool = true
    ) throws {
        registry = ConnectionRegistry(maximum: limits.connections)
        bodies = BodyBudget(limit: limits.bodiesBytes)
        let connection = HTTPConnection(
            HTTPConnection.Setup(
                limits: limits, requestTimeout: requestTimeout, compressReplies: true,
                isTLS: false, protocols: protocols, handler: handler, grpc: grpc,
                registry: registry, bodies: bodies,
                replies: BodyBudget(limit: limits.bodiesBytes), observer: observer,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            eventLoop: channel.eventLoop)
        try channel.pipeline.syncOperations.addHandler(socket)
        try channel.pipeline.syncOperations.addHandler(connection)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        guard greets else { return }
        try send(ByteBuffer(string: Self.preface))
        try send(.settings)
        try send(.settings, flags: 1)
        _ = try received()
    }

    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }

    func send(_ bytes: ByteBuffer) throws {
        _ = try channel.writeInbound(bytes)
        channel.embeddedEventLoop.run()
    }

    static func frame(
        _ kind: Frame.Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: ByteBuffer = .init()
    ) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeInteger(UInt32(payload.readableBytes) << 8 | UInt32(kind.rawValue))
        bytes.writeInteger(flags)
        bytes.writeInteger(stream)
        bytes.writeImmutableBuffer(payload)
        return bytes
    }

    func send(
        _ kind: Frame.Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: ByteBuffer = .init()
    ) throws {
        try send(Self.frame(kind, flags: flags, stream: stream, payload))
    }

    func headers(_ stream: UInt32, _ fields: HPACKHeaders, end: Bool = false) throws {
        var block = ByteBuffer()
        try encoder.encode(headers: fields, to: &block)
        try send(.headers, flags: end ? 5 : 4, stream: stream, block)
    }

    func data(_ stream: UInt32, _ bytes: ByteBuffer, end: Bool = false) throws {
        try send(.data, flags: end ? 1 : 0, stream: stream, bytes)
    }

    /// Begins a call.
    func open(
        _ stream: UInt32, _ path: String = "/t.T/Echo", _ fields: [(String, String)] = [],
        type: String = "application/grpc"
    ) throws {
        try headers(
            stream,
            HPACKHeaders(
                [
                    (":method", "POST"), (":scheme", "http"), (":path", path),
                    (":authority", "a"), ("te", "trailers"), ("content-type", type),
                ] + fields))
    }

    /// Makes a whole call.
    func call(
        _ stream: UInt32, _ path: String = "/t.T/Echo", _ fields: [(String, String)] = [],
        _ message: String = "hello"
    ) throws {
        try open(stream, path, fields)
        try data(stream, grpcFrame(message), end: true)
    }

    /// The frames that were sent since the last call, header blocks decoded.
    func received() throws -> [Frame] {
        var bytes = ByteBuffer()
        while let part = try channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(let part) = part { bytes.writeImmutableBuffer(part) }
        }
        var frames: [Frame] = []
        while let head = bytes.readInteger(as: UInt32.self),
            let flags = bytes.readInteger(as: UInt8.self),
            let stream = bytes.readInteger(as: UInt32.self),
            let kind = Frame.Kind(rawValue: UInt8(head & 0xFF)),
            let payload = bytes.readSlice(length: Int(head >> 8))
        {
            var frame = Frame(kind: kind, flags: flags, stream: stream, payload: payload)
            if kind == .headers {
                var block = payload
                for (name, value, _) in try decoder.decodeHeaders(from: &block) {
                    frame.fields[name] = value
                }
            }
            frames.append(frame)
        }
        return frames
    }

    /// The status of the first trailers since the last call.
    func status() throws -> (code: String?, message: String?) {
        let fields = try received().first { $0.kind == .headers && $0.isEnd }?.fields
        return (fields?["grpc-status"], fields?["grpc-message"])
    }

    func advance(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }

    var isOpen: Bool { channel.isActive }
}

/// A message with its prefix.
func grpcFrame(_ message: String, flag: UInt8 = 0, length: UInt32? = nil) -> ByteBuffer {
    var bytes = ByteBuffer()
    bytes.writeInteger(flag)
    bytes.writeInteger(length ?? UInt32(message.utf8.count))
    bytes.writeString(message)
    return bytes
}
