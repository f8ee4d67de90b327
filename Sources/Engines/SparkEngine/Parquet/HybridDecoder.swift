import ServingCore

/// Reads Parquet's mixture of runs and bit-packed numbers, in which levels, dictionary indices and
/// the truth values of newer pages are written.
struct HybridDecoder {
    private var reader: ByteReader
    private let width: Int
    private var repeated = 0
    private var repeatedValue = 0
    private var packed = 0
    private var buffer: UInt64 = 0
    private var bufferedBits = 0

    /// Starts at the reader's place.
    ///
    /// - Parameter width: Bits of a number, 0 to 32.
    init(_ reader: ByteReader, width: Int) throws(ServingError) {
        guard (0...32).contains(width) else {
            throw Damage.invalid("a page packs numbers of \(width) bits")
        }
        self.reader = reader
        self.width = width
    }

    /// The next number.
    mutating func next() throws(ServingError) -> Int {
        // A width of nothing needs no bytes: every number is 0.
        if width == 0 { return 0 }
        while repeated == 0, packed == 0 { try startRun() }
        if repeated > 0 {
            repeated -= 1
            return repeatedValue
        }
        packed -= 1
        while bufferedBits < width {
            // The last group of eight may be cut off where no number is left.
            buffer |= UInt64(try reader.byte()) << UInt64(bufferedBits)
            bufferedBits += 8
        }
        let value = Int(buffer & (1 << UInt64(width) - 1))
        buffer >>= UInt64(width)
        bufferedBits -= width
        return value
    }

    private mutating func startRun() throws(ServingError) {
        let header = try reader.varint()
        let count = header >> 1
        guard count <= UInt64(Int32.max) else {
            throw Damage.invalid("a page has a run of \(count) numbers")
        }
        if header & 1 == 0 {
            repeated = Int(count)
            repeatedValue = Int(try reader.littleEndian((width + 7) / 8))
            guard repeatedValue >> width == 0 else {
                throw Damage.invalid("a run of \(repeatedValue) does not fit \(width) bits")
            }
        } else {
            packed = Int(count) * 8
            (buffer, bufferedBits) = (0, 0)
        }
    }
}

extension HybridDecoder {
    /// Starts on numbers of one bit each without any run header, as PLAIN truth values are written.
    init(plainBits reader: ByteReader, count: Int) throws(ServingError) {
        try self.init(reader, width: 1)
        packed = count
    }
}
