public import NIOCore

/// Cuts a stream of bytes into gRPC messages: one byte for compression, four for the length, big
/// endian, then the message ("Length-Prefixed-Message" of the gRPC protocol over HTTP/2).
///
/// A message that came whole in one part is a slice of it. One that came in many parts is gathered
/// in a buffer of its own: each byte is copied once, as long as the length is up to
/// `reserveBytesMinimum`; a longer one may be moved when its buffer grows, which it does by a factor
/// of four, so that memory follows the bytes that arrived and not the length that was claimed.
public struct GRPCMessageReader: Sendable {
    /// A message as it was sent.
    public struct Message: Equatable, Sendable {
        /// Whether the message is compressed with the call's `grpc-encoding`.
        public var isCompressed: Bool
        /// The bytes after the prefix.
        public var bytes: ByteBuffer
    }

    /// Why the bytes are not gRPC messages; the reader must not be used again.
    public enum Failure: Error, Equatable, Sendable {
        /// The first byte of a prefix is neither 0 nor 1.
        case compressionFlag(UInt8)
        /// A length is beyond the limit.
        case tooLarge(length: Int, limit: Int)
    }

    /// Bytes before each message.
    public static let prefixBytes = 5
    /// So much is reserved for a message on the word of its prefix alone.
    static let reserveBytesMinimum = 1 << 20
    private static let growthFactor = 4

    private var pending = ByteBuffer()
    /// Whether nobody else holds the storage of `pending`, so that appending copies only the part.
    private var isOwned = false
    private let limit: Int

    /// - Parameter limit: Longest message, in bytes.
    public init(limit: Int) {
        self.limit = limit
    }

    /// Bytes that came and were not handed out as messages.
    public var bufferedBytes: Int { pending.readableBytes }

    /// Room that was taken for what is buffered; for tests.
    var capacity: Int { pending.capacity }

    /// Takes the next part of the stream.
    public mutating func append(_ part: ByteBuffer) {
        guard pending.readableBytes > 0 else {
            pending = part
            isOwned = false
            return
        }
        let count = pending.readableBytes + part.readableBytes
        let wanted = capacity(for: count)
        if isOwned {
            pending.reserveCapacity(wanted)
        } else {
            var gathered = ByteBuffer()
            gathered.reserveCapacity(wanted)
            gathered.writeImmutableBuffer(pending)
            pending = gathered
            isOwned = true
        }
        pending.writeImmutableBuffer(part)
    }

    /// The next complete message; nil when more bytes are needed.
    public mutating func next() throws(Failure) -> Message? {
        guard let (flag, length) = prefix else { return nil }
        guard flag <= 1 else { throw .compressionFlag(flag) }
        guard length <= limit else { throw .tooLarge(length: length, limit: limit) }
        guard pending.readableBytes >= Self.prefixBytes + length else { return nil }
        pending.moveReaderIndex(forwardBy: Self.prefixBytes)
        guard let bytes = pending.readSlice(length: length) else { return nil }
        // The message shares the storage now: what follows it goes into a new one.
        isOwned = false
        if pending.readableBytes == 0 { pending = ByteBuffer() }
        return Message(isCompressed: flag == 1, bytes: bytes)
    }

    private var prefix: (flag: UInt8, length: Int)? {
        guard pending.readableBytes >= Self.prefixBytes,
            let flag = pending.getInteger(at: pending.readerIndex, as: UInt8.self),
            let length = pending.getInteger(at: pending.readerIndex + 1, as: UInt32.self)
        else { return nil }
        return (flag, Int(length))
    }

    /// Room for `count` bytes and, as far as they vouch for it, for the rest of the message.
    private func capacity(for count: Int) -> Int {
        guard let length = prefix?.length, length <= limit else { return count }
        let trusted = max(Self.reserveBytesMinimum, count * Self.growthFactor)
        return max(count, min(length + Self.prefixBytes, trusted))
    }
}
