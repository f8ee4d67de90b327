import CZlib
import NIOCore

/// Compresses reply bodies to gzip; kept for a whole event loop, since its tables take 256 KiB.
final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>
    private let isReady: Bool

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // The fastest level: replies wait for it. 15 + 16 asks for gzip's header.
        isReady =
            deflateInit2_(
                stream, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// The body as gzip; nil when zlib cannot, or when it would not become smaller.
    func gzip(_ body: ByteBuffer) -> ByteBuffer? {
        guard isReady, body.readableBytes < Int(Int32.max), deflateReset(stream) == Z_OK else {
            return nil
        }
        var output = ByteBuffer()
        var isDone = false
        body.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: base.assumingMemoryBound(to: Bytef.self))
            stream.pointee.avail_in = uInt(bytes.count)
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: bytes.count) { space in
                stream.pointee.next_out = space.baseAddress?.assumingMemoryBound(to: Bytef.self)
                stream.pointee.avail_out = uInt(bytes.count)
                isDone = deflate(stream, Z_FINISH) == Z_STREAM_END
                return bytes.count - Int(stream.pointee.avail_out)
            }
        }
        return isDone ? output : nil
    }
}
