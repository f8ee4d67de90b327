import CZlib
import NIOCore
import NIOHTTP1

/// Decompresses a request's body as it arrives, and stops at a limit: a small body that would grow
/// beyond it (a zip bomb) costs no more memory than the limit.
///
/// Several gzip members one after another count as one body (RFC 1952 section 2.2).
final class Inflater {
    private let stream: UnsafeMutablePointer<z_stream>
    private let coding: ContentCoding
    private let limit: Int
    private var output = ByteBuffer()
    private var isAtEnd = false

    init(_ coding: ContentCoding, limit: Int) throws(Refusal) {
        self.coding = coding
        self.limit = limit
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 is the largest window; 16 more asks for gzip's header instead of zlib's.
        let status = inflateInit2_(
            stream, coding == .gzip ? 31 : 15, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            throw Refusal(
                .serviceUnavailable, "no memory to decompress the body (zlib \(status)); try later")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Bytes decompressed so far.
    var byteCount: Int { output.readableBytes }

    /// Decompresses one part.
    func append(_ part: ByteBuffer) throws(Refusal) {
        var failure: Refusal?
        part.withUnsafeReadableBytes { bytes in
            do throws(Refusal) { try inflateAll(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// The whole body, once all parts are in.
    func finish() throws(Refusal) -> ByteBuffer {
        guard isAtEnd else { throw .bad("the compressed body ends too early") }
        return output
    }

    private func inflateAll(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: base.assumingMemoryBound(to: Bytef.self))
        stream.pointee.avail_in = uInt(clamping: bytes.count)
        var isFull = false
        while stream.pointee.avail_in > 0 || isFull {
            if isAtEnd {
                guard stream.pointee.avail_in > 0 else { return }
                guard coding == .gzip, inflateReset(stream) == Z_OK else {
                    throw .bad("bytes follow the end of the compressed body")
                }
                isAtEnd = false
            }
            isFull = try inflateSome()
        }
    }

    /// Runs zlib once; returns whether it filled its output and may have more.
    private func inflateSome() throws(Refusal) -> Bool {
        let room = min(max(16 * 1024, output.readableBytes), limit - output.readableBytes + 1)
        var status = Z_OK
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { space in
            stream.pointee.next_out = space.baseAddress?.assumingMemoryBound(to: Bytef.self)
            stream.pointee.avail_out = uInt(room)
            status = inflate(stream, Z_NO_FLUSH)
            return room - Int(stream.pointee.avail_out)
        }
        guard output.readableBytes <= limit else {
            throw Refusal(
                .payloadTooLarge,
                "the body is larger than \(limit) bytes after decompression, the limit; "
                    + "send smaller batches")
        }
        switch status {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isAtEnd = true
        default:
            let name = coding == .gzip ? "gzip" : "deflate"
            throw .bad("the body is not valid \(name) (zlib \(status))")
        }
        return stream.pointee.avail_out == 0 && !isAtEnd
    }
}
