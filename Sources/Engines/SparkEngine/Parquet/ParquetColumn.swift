import ServingCore

/// A column as it was read: its values, and for each entry how far it is nested and present.
struct ParquetColumn {
    let leaf: ParquetLeaf
    /// For each entry how much of its path is there; empty where nothing may be absent.
    private(set) var definitions: [UInt8] = []
    /// For each entry in which list it continues, 0 for a new row; empty without lists.
    private(set) var repetitions: [UInt8] = []
    private(set) var values: ParquetValues
    /// Entries, absent values included.
    private(set) var entryCount = 0

    private var dictionary: ParquetValues?

    init(_ leaf: ParquetLeaf) throws(ServingError) {
        self.leaf = leaf
        values = try ParquetValues(physicalType: leaf.physicalType)
        guard leaf.definitionMaximum < 64 else { throw Damage.invalid("its schema is too deep") }
    }

    /// Adds the column's part in a row group.
    ///
    /// - Parameter limit: Most entries that the column may have.
    mutating func append(_ chunk: ParquetFooter.Chunk, of file: [UInt8], limit: Int)
        throws(ServingError)
    {
        guard !chunk.isInOtherFile, chunk.physicalType == leaf.physicalType else {
            throw Damage.invalid("column \(leaf.path) is stored otherwise than its schema says")
        }
        let (expected, overflow) = entryCount.addingReportingOverflow(chunk.valueCount)
        guard chunk.valueCount >= 0, !overflow, expected <= limit else {
            throw Damage.invalid(
                "column \(leaf.path) has \(chunk.valueCount) more values; the most is \(limit)")
        }
        var start = chunk.dataOffset
        if let first = chunk.dictionaryOffset, first > 0 { start = min(start, first) }
        var reader = try ByteReader(file, from: start, count: chunk.compressedBytes)
        dictionary = nil
        while entryCount < expected {
            let page = try ParquetPage(&reader, codec: chunk.codec)
            switch page.kind {
            case .index: continue
            case .dictionary: try readDictionary(page, limit: limit)
            case .data, .dataV2:
                guard page.valueCount <= expected - entryCount else {
                    throw Damage.invalid("column \(leaf.path) has more values than it claims")
                }
                try append(page)
            }
        }
    }

    private mutating func readDictionary(_ page: ParquetPage, limit: Int) throws(ServingError) {
        guard page.encoding == 0 || page.encoding == 2, page.valueCount <= limit else {
            throw Damage.invalid("a dictionary has encoding \(page.encoding)")
        }
        var entries = try ParquetValues(physicalType: leaf.physicalType)
        var reader = page.content
        try entries.appendPlain(page.valueCount, &reader, physicalType: leaf.physicalType)
        dictionary = entries
    }

    private mutating func append(_ page: ParquetPage) throws(ServingError) {
        var reader = page.content
        let isNewer = page.kind == .dataV2
        if leaf.repetitionMaximum > 0 {
            let part = try levels(
                &reader, isNewer ? page.repetitionBytes : nil, page.repetitionEncoding)
            try Self.read(part, page.valueCount, leaf.repetitionMaximum, into: &repetitions)
        } else if isNewer {
            _ = try reader.skip(page.repetitionBytes)
        }
        var present = page.valueCount
        if leaf.definitionMaximum > 0 {
            let part = try levels(
                &reader, isNewer ? page.definitionBytes : nil, page.definitionEncoding)
            try Self.read(part, page.valueCount, leaf.definitionMaximum, into: &definitions)
            let full = UInt8(leaf.definitionMaximum)
            present = definitions.suffix(page.valueCount).count { $0 == full }
        } else if isNewer {
            _ = try reader.skip(page.definitionBytes)
        }
        try appendValues(present, &reader, page.encoding)
        entryCount += page.valueCount
    }

    /// The bytes of a page's levels: of a known size, or behind their size.
    private func levels(_ reader: inout ByteReader, _ size: Int?, _ encoding: Int)
        throws(ServingError) -> ByteReader
    {
        if let size { return try reader.part(size) }
        guard encoding == 3 else {
            throw Damage.invalid("column \(leaf.path) writes levels in an outdated way")
        }
        return try reader.part(Int(try reader.littleEndian(4)))
    }

    private static func read(
        _ part: ByteReader, _ count: Int, _ maximum: Int, into levels: inout [UInt8]
    ) throws(ServingError) {
        var decoder = try HybridDecoder(
            part, width: Int.bitWidth - maximum.leadingZeroBitCount)
        for _ in 0..<count {
            let level = try decoder.next()
            guard level <= maximum else {
                throw Damage.invalid("a level of \(level) is above \(maximum)")
            }
            levels.append(UInt8(level))
        }
    }

    private mutating func appendValues(
        _ count: Int, _ reader: inout ByteReader, _ encoding: Int
    ) throws(ServingError) {
        if count == 0 { return }
        switch encoding {
        case 0: try values.appendPlain(count, &reader, physicalType: leaf.physicalType)
        case 2, 8:
            guard let dictionary else {
                throw Damage.invalid("column \(leaf.path) refers to a dictionary that is not there")
            }
            let width = Int(try reader.byte())
            var decoder = try HybridDecoder(reader, width: width)
            try values.appendIndexed(count, &decoder, dictionary)
        case 3 where leaf.physicalType == 0:
            let part = try reader.part(Int(try reader.littleEndian(4)))
            var decoder = try HybridDecoder(part, width: 1)
            try values.appendRuns(count, &decoder)
        default: throw ParquetEncoding.refusal(encoding, leaf.path)
        }
    }
}

/// Names of the ways in which values may be written.
enum ParquetEncoding {
    private static let names = [
        4: "BIT_PACKED", 5: "DELTA_BINARY_PACKED", 6: "DELTA_LENGTH_BYTE_ARRAY",
        7: "DELTA_BYTE_ARRAY", 9: "BYTE_STREAM_SPLIT",
    ]

    /// The error for a way that is not read here.
    static func refusal(_ encoding: Int, _ path: String) -> ServingError {
        Damage.invalid(
            "column \(path) is written in \(names[encoding] ?? "encoding \(encoding)"), and only "
                + "PLAIN and dictionaries are read; save the model with Spark's own settings "
                + "(parquet.writer.version=v1)")
    }
}
