import NIOCore
import NIOHTTP1

/// Gathers a body: as it is, or decompressed. A body that came in one piece is not copied.
struct RequestBody {
    private var bytes: ByteBuffer?
    private let inflater: Inflater?
    private let expected: Int
    private let limit: Int

    /// Reserve at most this much for a body whose length was only promised.
    private static let reserveMaximum = 16 * 1024 * 1024

    init(_ meaning: FieldMeaning, limit: Int) throws(Refusal) {
        self.limit = limit
        if case .length(let length) = meaning.framing { expected = length } else { expected = 0 }
        inflater =
            meaning.coding == .identity || meaning.framing == .none
                || meaning.framing == .length(0)
            ? nil : try Inflater(meaning.coding, limit: limit)
    }

    /// Adds a part.
    mutating func append(_ part: ByteBuffer) throws(Refusal) {
        if let inflater { return try inflater.append(part) }
        guard bytes != nil else {
            try checkLimit(part.readableBytes)
            bytes = part
            return
        }
        try checkLimit((bytes?.readableBytes ?? 0) + part.readableBytes)
        bytes?.reserveCapacity(min(expected, Self.reserveMaximum))
        bytes?.writeImmutableBuffer(part)
    }

    /// Bytes gathered so far, decompressed ones where the body is compressed.
    var byteCount: Int { inflater?.byteCount ?? bytes?.readableBytes ?? 0 }

    private func checkLimit(_ count: Int) throws(Refusal) {
        guard count <= limit else {
            throw Refusal(
                .payloadTooLarge,
                "the body is larger than \(limit) bytes, the limit; send smaller batches")
        }
    }

    /// The whole body, once its end was read.
    func finish() throws(Refusal) -> ByteBuffer {
        try inflater?.finish() ?? bytes ?? ByteBuffer()
    }
}
