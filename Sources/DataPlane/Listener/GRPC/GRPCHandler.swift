public import Inference
public import NIOCore
public import NIOHPACK
public import ServingCore

/// What answers the gRPC calls of a listener: the services of several protocols behind one another.
public protocol GRPCHandler: Sendable {
    /// Finds what answers a method; `path` is `/package.Service/Method`.
    ///
    /// - Returns: nil for an unknown service or method: the call gets UNIMPLEMENTED then.
    func method(at path: String) -> GRPCMethod?
}

/// What answers one gRPC method.
public enum GRPCMethod: Sendable {
    /// One message in, one message out.
    case unary(any GRPCUnaryMethod)
    /// Any number of messages in either direction.
    case streaming(any GRPCStreamingMethod)
}

/// Answers the calls of a unary method.
public protocol GRPCUnaryMethod: Sendable {
    /// Answers one call.
    ///
    /// Called on the connection's event loop, so it must not block; the answer may be given later and
    /// from any thread, exactly once.
    func handle(_ call: GRPCCall, _ responder: GRPCResponder)
}

/// Answers the calls of a method that streams in either direction.
public protocol GRPCStreamingMethod: Sendable {
    /// Begins one call; its messages go to what is returned.
    ///
    /// - Parameter call: The call without a message.
    func open(_ call: GRPCCall, _ writer: GRPCStreamWriter) -> any GRPCStreamReceiver
}

/// Hears the messages of one streaming call, on the connection's event loop, in order.
public protocol GRPCStreamReceiver: AnyObject, Sendable {
    /// A message has come. The next ones follow without waiting, up to
    /// `Limits.messagesInFlightPerStream` beyond those that `GRPCStreamWriter.messageHandled` told of.
    func received(_ message: ByteBuffer)
    /// The client sends no more messages; it waits for the rest of the answers.
    func ended()
    /// The client is gone, or the call's time is up: nobody reads the answers any more.
    ///
    /// The call stays in its connection's table until `GRPCStreamWriter.finish`, which must still be
    /// called, as soon as the work is over.
    func cancelled()
}

/// One gRPC call: its metadata and, for a unary method, its message.
public struct GRPCCall: Sendable {
    /// `/package.Service/Method`.
    public var path: String
    /// The request's header fields, with the pseudo-headers.
    public var metadata: HPACKHeaders
    /// The message, decompressed, without the length before it; empty for a streaming method.
    public var message: ByteBuffer
    /// When its head was read.
    public var received: MonotonicTime
    /// When its answer stops being of use: `grpc-timeout` after `received` or, for a unary method,
    /// the listener's request timeout if that is earlier; a stream without `grpc-timeout` may last.
    public var deadline: MonotonicTime
    /// Fires when the client resets the stream, closes the connection, or the deadline passes.
    public var cancellation: RequestCancellation

    /// Assembles a call.
    public init(
        path: String, metadata: HPACKHeaders = HPACKHeaders(), message: ByteBuffer = ByteBuffer(),
        received: MonotonicTime = .now(),
        deadline: MonotonicTime = MonotonicTime(nanoseconds: .max),
        cancellation: RequestCancellation = RequestCancellation()
    ) {
        self.path = path
        self.metadata = metadata
        self.message = message
        self.received = received
        self.deadline = deadline
        self.cancellation = cancellation
    }
}

/// A message to send, with the five bytes before it that gRPC frames it with.
public struct GRPCReply: Sendable {
    /// Bytes that stand before a message: one for compression, four for the length.
    public static let prefixBytes = 5

    /// The prefix, which `init` fills in, and the message.
    public var framed: ByteBuffer

    /// A buffer that begins with room for the prefix: append the message, then give it to `init`.
    public static func makeBuffer(messageBytes: Int = 0) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(prefixBytes + messageBytes)
        buffer.writeRepeatingByte(0, count: prefixBytes)
        return buffer
    }

    /// Takes a buffer that `makeBuffer` made and a message was appended to.
    public init(framed: consuming ByteBuffer) {
        // Here, where nobody else holds the buffer: later it would be copied for it.
        Self.writePrefix(isCompressed: false, to: &framed)
        self.framed = framed
    }

    /// Fills in the bytes before the message.
    static func writePrefix(isCompressed: Bool, to buffer: inout ByteBuffer) {
        let start = buffer.readerIndex
        let length = UInt32(clamping: buffer.readableBytes - prefixBytes)
        buffer.setInteger(isCompressed ? 1 : 0, at: start, as: UInt8.self)
        buffer.setInteger(length, at: start + 1)
    }

    /// Writes a message into a buffer of its own.
    public init<Failure: Error>(
        _ write: (inout ByteBuffer) throws(Failure) -> Void
    ) throws(Failure) {
        var buffer = Self.makeBuffer()
        try write(&buffer)
        Self.writePrefix(isCompressed: false, to: &buffer)
        framed = buffer
    }

    /// The message without the prefix; for tests.
    public var message: ByteBuffer {
        framed.getSlice(
            at: framed.readerIndex + Self.prefixBytes,
            length: framed.readableBytes - Self.prefixBytes) ?? ByteBuffer()
    }
}
