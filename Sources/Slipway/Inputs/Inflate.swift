import CZlib
import ServingCore

/// Decompresses zlib data of known size.
enum Inflate {
    /// Inflates the parts of one zlib stream, which must give exactly `count` bytes.
    ///
    /// Memory never exceeds `count`, whatever the stream claims.
    ///
    /// - Throws: `invalid_request` for corrupt data, too few or too many bytes.
    static func bytes(_ parts: [ArraySlice<UInt8>], count: Int) throws(ServingError) -> [UInt8] {
        var stream = z_stream()
        guard
            inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw ServingError(.resourceExhausted, "zlib cannot start; try again later") }
        defer { inflateEnd(&stream) }
        // One byte more than wanted tells a stream that is too long.
        var output = [UInt8](repeating: 0, count: count + 1)
        var status = Z_OK
        let written = output.withUnsafeMutableBytes { target -> Int in
            stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(target.count)
            for part in parts where status == Z_OK && !part.isEmpty {
                part.withUnsafeBytes { source in
                    stream.next_in = UnsafeMutablePointer(
                        mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self))
                    stream.avail_in = UInt32(source.count)
                    status = inflate(&stream, Z_NO_FLUSH)
                }
            }
            return target.count - Int(stream.avail_out)
        }
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
            throw ServingError(.invalidRequest, "the picture's compressed data is corrupt")
        }
        guard written <= count else {
            throw ServingError(
                .invalidRequest, "the picture's compressed data is longer than its size allows")
        }
        guard written == count, status == Z_STREAM_END else {
            throw ServingError(
                .invalidRequest,
                "the picture's compressed data ends after \(written) of \(count) bytes")
        }
        output.removeLast()
        return output
    }

    /// The checksum that PNG chunks end with.
    static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { raw in
            UInt32(
                truncatingIfNeeded: CZlib.crc32(
                    0, raw.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(raw.count)))
        }
    }
}
