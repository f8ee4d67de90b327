import ServingCore

/// The values of a column that are there, in order; absent ones are not counted.
enum ParquetValues {
    /// Truth values (0 and 1) and whole numbers.
    case integers([Int64])
    /// Floating-point numbers.
    case doubles([Double])
    /// Text, as UTF-8; damaged bytes are replaced.
    case texts([String])

    /// Nothing, of the kind that a physical type of Parquet makes.
    init(physicalType: Int) throws(ServingError) {
        switch physicalType {
        case 0, 1, 2: self = .integers([])
        case 4, 5: self = .doubles([])
        case 6: self = .texts([])
        default:
            throw Damage.invalid(
                "it has a column of Parquet type \(physicalType), which Spark models do not use")
        }
    }

    /// How many there are.
    var count: Int {
        switch self {
        case .integers(let values): values.count
        case .doubles(let values): values.count
        case .texts(let values): values.count
        }
    }

    /// Adds values that are written one after another (PLAIN).
    mutating func appendPlain(_ count: Int, _ reader: inout ByteReader, physicalType: Int)
        throws(ServingError)
    {
        switch self {
        case .integers(var values):
            self = .integers([])
            if physicalType == 0 {
                var bits = try HybridDecoder(plainBits: reader, count: count)
                for _ in 0..<count { values.append(Int64(try bits.next())) }
            } else {
                let width = physicalType == 1 ? 4 : 8
                for _ in 0..<count {
                    let raw = try reader.littleEndian(width)
                    values.append(
                        width == 4
                            ? Int64(Int32(truncatingIfNeeded: raw)) : Int64(bitPattern: raw))
                }
            }
            self = .integers(values)
        case .doubles(var values):
            self = .doubles([])
            for _ in 0..<count {
                values.append(
                    physicalType == 4
                        ? Double(Float(bitPattern: UInt32(try reader.littleEndian(4))))
                        : Double(bitPattern: try reader.littleEndian(8)))
            }
            self = .doubles(values)
        case .texts(var values):
            self = .texts([])
            for _ in 0..<count {
                let length = Int(try reader.littleEndian(4))
                let start = try reader.skip(length)
                values.append(
                    String(decoding: reader.bytes[start..<start + length], as: UTF8.self))
            }
            self = .texts(values)
        }
    }

    /// Adds values that are numbers of entries in a dictionary.
    mutating func appendIndexed(
        _ count: Int, _ decoder: inout HybridDecoder, _ dictionary: ParquetValues
    ) throws(ServingError) {
        switch (self, dictionary) {
        case (.integers(var values), .integers(let entries)):
            self = .integers([])
            try Self.append(count, &decoder, entries, to: &values)
            self = .integers(values)
        case (.doubles(var values), .doubles(let entries)):
            self = .doubles([])
            try Self.append(count, &decoder, entries, to: &values)
            self = .doubles(values)
        case (.texts(var values), .texts(let entries)):
            self = .texts([])
            try Self.append(count, &decoder, entries, to: &values)
            self = .texts(values)
        default: throw Damage.invalid("a dictionary is of another type than its column")
        }
    }

    /// Adds truth values in runs, as newer pages have them.
    mutating func appendRuns(_ count: Int, _ decoder: inout HybridDecoder) throws(ServingError) {
        guard case .integers(var values) = self else {
            throw Damage.invalid("values other than truth values are written in runs")
        }
        self = .integers([])
        for _ in 0..<count { values.append(Int64(try decoder.next())) }
        self = .integers(values)
    }

    private static func append<Value>(
        _ count: Int, _ decoder: inout HybridDecoder, _ entries: [Value],
        to values: inout [Value]
    ) throws(ServingError) {
        for _ in 0..<count {
            let index = try decoder.next()
            guard index < entries.count else {
                throw Damage.invalid(
                    "entry \(index) of a dictionary of \(entries.count) is asked for")
            }
            values.append(entries[index])
        }
    }
}
