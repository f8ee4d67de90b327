import ServingCore

/// A sub-picture of a PNG: all pixels, or every so many of them.
struct PNGPass {
    let left: Int
    let top: Int
    let stepX: Int
    let stepY: Int
    let width: Int
    let height: Int

    private func rowBytes(_ header: PNGHeader) -> Int { (width * header.pixelBits + 7) / 8 }

    /// Bytes of the pass after decompression: each row has a byte in front that names its filter.
    func byteCount(_ header: PNGHeader) -> Int { height * (1 + rowBytes(header)) }

    /// Undoes the filters of all rows in place.
    ///
    /// - Throws: `invalid_request` for a filter that does not exist.
    static func unfilter(
        _ bytes: inout [UInt8], at offset: Int, _ pass: PNGPass, _ header: PNGHeader
    ) throws(ServingError) {
        let rowBytes = pass.rowBytes(header)
        let pixelBytes = max(1, header.pixelBits / 8)
        for row in 0..<pass.height {
            let start = offset + row * (1 + rowBytes) + 1
            let above = row == 0 ? nil : start - 1 - rowBytes
            let filter = bytes[start - 1]
            guard filter <= 4 else {
                throw ServingError(
                    .invalidRequest, "a row of the PNG has filter \(filter), not 0 to 4")
            }
            guard filter != 0 else { continue }
            for index in 0..<rowBytes {
                let a = index >= pixelBytes ? bytes[start + index - pixelBytes] : 0
                let b = above.map { bytes[$0 + index] } ?? 0
                let c = index >= pixelBytes ? above.map { bytes[$0 + index - pixelBytes] } ?? 0 : 0
                bytes[start + index] &+= predicted(filter, a, b, c)
            }
        }
    }

    /// What a filter expects from the bytes to the left (a), above (b) and above left (c).
    private static func predicted(_ filter: UInt8, _ a: UInt8, _ b: UInt8, _ c: UInt8) -> UInt8 {
        switch filter {
        case 1: return a
        case 2: return b
        case 3: return UInt8((Int(a) + Int(b)) / 2)
        default:
            let estimate = Int(a) + Int(b) - Int(c)
            let (toA, toB, toC) = (
                abs(estimate - Int(a)), abs(estimate - Int(b)), abs(estimate - Int(c))
            )
            return toA <= toB && toA <= toC ? a : toB <= toC ? b : c
        }
    }

    /// Spreads the samples of the pass over the whole picture.
    func unpack(
        _ bytes: [UInt8], at offset: Int, _ header: PNGHeader, into samples: inout [UInt16]
    ) {
        let channels = header.colour.storedChannels
        let rowBytes = rowBytes(header)
        for row in 0..<height {
            let start = offset + row * (1 + rowBytes) + 1
            let target = (top + row * stepY) * header.width
            for column in 0..<width {
                let pixel = (target + left + column * stepX) * channels
                for channel in 0..<channels {
                    samples[pixel + channel] = Self.sample(
                        bytes, start, column * channels + channel, header.depth)
                }
            }
        }
    }

    private static func sample(_ bytes: [UInt8], _ start: Int, _ index: Int, _ depth: Int) -> UInt16
    {
        switch depth {
        case 16: return UInt16(bytes[start + index * 2]) << 8 | UInt16(bytes[start + index * 2 + 1])
        case 8: return UInt16(bytes[start + index])
        default:
            let bit = index * depth
            let shift = 8 - depth - bit % 8
            return UInt16(bytes[start + bit / 8] >> UInt8(shift)) & UInt16(1 << depth - 1)
        }
    }
}
