import ServingCore

/// Reads PNG (W3C recommendation, third edition): every colour type, bit depth and interlace
/// method.
///
/// A palette becomes RGB; transparency given by a `tRNS` chunk is ignored, as alpha is later.
struct PNGReader {
    /// The bytes that every PNG starts with.
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    private let header: PNGHeader
    private let palette: [UInt8]
    private let compressed: [ArraySlice<UInt8>]

    /// Walks over the chunks.
    ///
    /// - Throws: `invalid_request` for a malformed, cut or corrupt file; `request_too_large`.
    init(_ bytes: [UInt8]) throws(ServingError) {
        var chunks = PNGChunks(bytes)
        guard let first = try chunks.next(), first.name == "IHDR" else {
            throw ServingError(.invalidRequest, "the PNG does not start with an IHDR chunk")
        }
        header = try PNGHeader(first.data)
        var palette: [UInt8] = []
        var compressed: [ArraySlice<UInt8>] = []
        reading: while let chunk = try chunks.next() {
            switch chunk.name {
            case "IDAT": compressed.append(chunk.data)
            case "PLTE":
                guard chunk.data.count % 3 == 0, (3...768).contains(chunk.data.count) else {
                    throw ServingError(.invalidRequest, "the PNG's palette is malformed")
                }
                palette = Array(chunk.data)
            case "IEND": break reading
            // A lower-case first letter marks what may be skipped.
            case let name where name.utf8.first.map { $0 & 0x20 == 0 } ?? true:
                throw ServingError(
                    .unsupported, "the PNG has a chunk '\(name.clipped(to: 8))' that is not known")
            default: break
            }
        }
        guard !compressed.isEmpty else {
            throw ServingError(.invalidRequest, "the PNG has no picture data")
        }
        guard header.colour != .palette || !palette.isEmpty else {
            throw ServingError(.invalidRequest, "the PNG has no palette, but its pixels need one")
        }
        self.palette = palette
        self.compressed = compressed
    }

    /// Decompresses and decodes the pixels.
    ///
    /// - Throws: `invalid_request` when they are corrupt.
    func picture() throws(ServingError) -> Picture {
        let passes = header.passes
        let total = passes.reduce(0) { $0 + $1.byteCount(header) }
        // Deflate makes at most 1032 bytes of one: a short file is refused before memory is taken.
        guard total / 1032 <= compressed.reduce(0, { $0 + $1.count }) else {
            throw ServingError(
                .invalidRequest,
                "the PNG's data is too short for \(header.width) by \(header.height) pixels")
        }
        var bytes = try Inflate.bytes(compressed, count: total)
        var samples = [UInt16](
            repeating: 0, count: header.width * header.height * header.colour.storedChannels)
        var offset = 0
        for pass in passes {
            try PNGPass.unfilter(&bytes, at: offset, pass, header)
            pass.unpack(bytes, at: offset, header, into: &samples)
            offset += pass.byteCount(header)
        }
        guard header.colour == .palette else {
            return Picture(
                width: header.width, height: header.height,
                channels: header.colour.storedChannels, maximum: 1 << header.depth - 1,
                samples: samples)
        }
        return Picture(
            width: header.width, height: header.height, channels: 3, maximum: 255,
            samples: try colours(of: samples))
    }

    private func colours(of indices: [UInt16]) throws(ServingError) -> [UInt16] {
        var colours: [UInt16] = []
        colours.reserveCapacity(indices.count * 3)
        for index in indices {
            let start = Int(index) * 3
            guard start + 2 < palette.count else {
                throw ServingError(
                    .invalidRequest,
                    "a pixel of the PNG has colour \(index), but its palette has "
                        + "\(palette.count / 3)")
            }
            for channel in 0..<3 { colours.append(UInt16(palette[start + channel])) }
        }
        return colours
    }
}

/// The chunks of a PNG, one after another, with their checksums compared.
private struct PNGChunks {
    private let bytes: [UInt8]
    private var index = PNGReader.signature.count

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func next() throws(ServingError) -> (name: String, data: ArraySlice<UInt8>)? {
        guard index < bytes.count else { return nil }
        guard bytes.count - index >= 12 else { throw Self.cut }
        let length = Int(PNGHeader.number(bytes[index..<index + 4]))
        guard length <= bytes.count - index - 12 else { throw Self.cut }
        let checked = bytes[index + 4..<index + 8 + length]
        let end = index + 8 + length
        guard Inflate.crc32(checked) == PNGHeader.number(bytes[end..<end + 4]) else {
            throw ServingError(
                .invalidRequest, "a checksum of the PNG is wrong: the file is corrupt")
        }
        index = end + 4
        return (String(decoding: checked.prefix(4), as: UTF8.self), checked.dropFirst(4))
    }

    private static var cut: ServingError {
        ServingError(.invalidRequest, "the PNG is cut short")
    }
}
