public import NIOCore

/// Values of header fields whose name ends in `-bin`: base64 (RFC 4648 section 4), written without
/// padding.
public enum GRPCBinaryMetadata {
    /// Encodes bytes.
    public static func encoded(_ bytes: ByteBuffer) -> String {
        let text = Base64.encode(bytes.readableBytesView)
        let padding = (3 - bytes.readableBytes % 3) % 3
        return String(text.dropLast(padding))
    }
}
