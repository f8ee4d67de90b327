import NIOCore
import NIOHTTP1
import ServingCore
import Wire

/// Compression of single gRPC messages.
enum MessageCoding {
    /// Decompresses a message; what would grow beyond the limit is refused when it gets there.
    static func decompress(
        _ message: ByteBuffer, _ coding: ContentCoding, limit: Int
    ) throws(GRPCStatus) -> ByteBuffer {
        guard coding != .identity else {
            throw GRPCStatus(
                .internalError,
                "a message is flagged as compressed, but the call names no grpc-encoding")
        }
        do throws(Refusal) {
            let inflater = try Inflater(coding, limit: limit)
            try inflater.append(message)
            return try inflater.finish()
        } catch {
            guard error.status == .payloadTooLarge else {
                throw GRPCStatus(.internalError, "cannot decompress a message: \(error.message)")
            }
            throw GRPCStatus(
                .resourceExhausted,
                "Received message larger than max (over \(limit) bytes after decompression vs. "
                    + "\(limit))")
        }
    }

    /// A framed message compressed and framed anew; nil when that gains nothing.
    static func compress(_ reply: GRPCReply, _ deflater: Deflater) -> ByteBuffer? {
        let message = reply.message
        guard message.readableBytes >= Limits.gzipBytesMinimum,
            let compressed = deflater.gzip(message)
        else { return nil }
        var framed = GRPCReply.makeBuffer(messageBytes: compressed.readableBytes)
        framed.writeImmutableBuffer(compressed)
        GRPCReply.writePrefix(isCompressed: true, to: &framed)
        return framed
    }
}
