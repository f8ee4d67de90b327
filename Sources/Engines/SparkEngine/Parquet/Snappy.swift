import ServingCore

/// Decompresses Snappy's raw format, which Parquet pages have.
///
/// The format: the length of the result as a varint; then literals and copies of earlier output
/// (github.com/google/snappy, `format_description.txt`).
enum Snappy {
    /// Decompresses everything that is left to read.
    ///
    /// - Parameter size: Bytes that the result must have.
    /// - Throws: `model_invalid` for damaged data or another size.
    static func decompress(_ reader: ByteReader, size: Int) throws(ServingError) -> [UInt8] {
        var reader = reader
        let claimed = try reader.count()
        guard claimed == size else {
            throw Damage.invalid("Snappy data of \(claimed) bytes stands for \(size)")
        }
        // Three bytes make at most 64: a claim beyond that cannot be true, so it takes no memory.
        guard size / 64 <= reader.remaining else {
            throw Damage.invalid("\(reader.remaining) bytes of Snappy data cannot make \(size)")
        }
        var output: [UInt8] = []
        output.reserveCapacity(size)
        while reader.remaining > 0 {
            let tag = try reader.byte()
            if tag & 3 == 0 {
                try literal(tag, &reader, &output, size)
            } else {
                try copy(tag, &reader, &output, size)
            }
        }
        guard output.count == size else {
            throw Damage.invalid("Snappy data ends after \(output.count) of \(size) bytes")
        }
        return output
    }

    private static func literal(
        _ tag: UInt8, _ reader: inout ByteReader, _ output: inout [UInt8], _ size: Int
    ) throws(ServingError) {
        let short = Int(tag >> 2)
        let length =
            short < 60 ? short + 1 : Int(try reader.littleEndian(short - 59)) + 1
        let start = try reader.skip(length)
        guard length <= size - output.count else { throw tooLong(size) }
        output.append(contentsOf: reader.bytes[start..<start + length])
    }

    private static func copy(
        _ tag: UInt8, _ reader: inout ByteReader, _ output: inout [UInt8], _ size: Int
    ) throws(ServingError) {
        let length: Int
        let distance: Int
        switch tag & 3 {
        case 1:
            length = Int(tag >> 2 & 7) + 4
            distance = Int(tag >> 5) << 8 | Int(try reader.byte())
        case 2:
            length = Int(tag >> 2) + 1
            distance = Int(try reader.littleEndian(2))
        default:
            length = Int(tag >> 2) + 1
            distance = Int(try reader.littleEndian(4))
        }
        guard distance > 0, distance <= output.count else {
            throw Damage.invalid(
                "Snappy data copies from \(distance) bytes back, after \(output.count) bytes")
        }
        guard length <= size - output.count else { throw tooLong(size) }
        let start = output.count - distance
        // A copy may reach into what it writes itself: then it repeats.
        if distance >= length {
            output.append(contentsOf: output[start..<start + length])
        } else {
            for index in 0..<length { output.append(output[start + index]) }
        }
    }

    private static func tooLong(_ size: Int) -> ServingError {
        Damage.invalid("Snappy data is longer than the \(size) bytes that it claims")
    }
}
