import ServingCore

/// The header of a page (`PageHeader` of parquet.thrift), and its bytes behind it.
struct ParquetPage {
    enum Kind: Int {
        case data = 0, index, dictionary, dataV2
    }

    private(set) var kind = Kind.index
    private(set) var valueCount = 0
    private(set) var encoding = 0
    /// How the older pages write their levels; RLE, 3, unless they have none.
    private(set) var definitionEncoding = 3
    private(set) var repetitionEncoding = 3
    /// Bytes of the levels, which newer pages store uncompressed in front of the values.
    private(set) var repetitionBytes = 0
    private(set) var definitionBytes = 0
    private var isCompressed = true
    private var uncompressedBytes = 0
    private var compressedBytes = 0
    /// The page's bytes, decompressed; levels first.
    private(set) var content = ByteReader([])

    /// Most bytes of one page; Spark's have about a megabyte.
    private static let bytesMaximum = 256 << 20

    /// Reads the page at the reader's place and steps behind it.
    init(_ reader: inout ByteReader, codec: Int) throws(ServingError) {
        var thrift = ThriftCompact(reader)
        try readHeader(&thrift)
        reader = thrift.reader
        guard valueCount >= 0, uncompressedBytes >= 0, uncompressedBytes <= Self.bytesMaximum else {
            throw Damage.invalid(
                "a page claims \(valueCount) values and \(uncompressedBytes) bytes")
        }
        var part = try reader.part(compressedBytes)
        // An index is of no use here, and a page of nothing has nothing to decompress.
        if kind == .index { return }
        if kind == .dataV2 {
            content = try decompressNewer(&part, codec)
        } else {
            content = try Self.decompress(part, codec, uncompressedBytes)
        }
    }

    private mutating func decompressNewer(_ part: inout ByteReader, _ codec: Int)
        throws(ServingError) -> ByteReader
    {
        guard repetitionBytes >= 0, definitionBytes >= 0 else {
            throw Damage.invalid("a page claims levels of a negative size")
        }
        let (levels, overflow) = repetitionBytes.addingReportingOverflow(definitionBytes)
        guard !overflow, levels <= uncompressedBytes else {
            throw Damage.invalid("a page of \(uncompressedBytes) bytes claims larger levels")
        }
        let start = try part.skip(levels)
        let values = try Self.decompress(
            part, isCompressed ? codec : 0, uncompressedBytes - levels)
        let bytes = Array(part.bytes[start..<start + levels])
        return ByteReader(bytes + values.bytes[values.offset..<values.end])
    }

    private static func decompress(_ part: ByteReader, _ codec: Int, _ size: Int)
        throws(ServingError) -> ByteReader
    {
        switch codec {
        case 0:
            guard part.remaining == size else {
                throw Damage.invalid("a page of \(size) bytes has \(part.remaining)")
            }
            return part
        case 1:
            // Some writers leave pages without values empty.
            if size == 0, part.remaining == 0 { return part }
            return ByteReader(try Snappy.decompress(part, size: size))
        default: throw ParquetCodec.refusal(codec)
        }
    }
}

/// Names of the ways in which pages may be compressed.
enum ParquetCodec {
    private static let names = [
        "none", "Snappy", "gzip", "LZO", "Brotli", "LZ4", "zstd", "LZ4 (raw)",
    ]

    /// The error for a way that is not read here.
    static func refusal(_ codec: Int) -> ServingError {
        let name = names.indices.contains(codec) ? names[codec] : "codec \(codec)"
        return ServingError(
            .modelInvalid,
            "its Parquet is compressed with \(name), and only Snappy and none are read; save the "
                + "model with spark.sql.parquet.compression.codec=snappy")
    }
}

extension ParquetPage {
    private mutating func readHeader(_ thrift: inout ThriftCompact) throws(ServingError) {
        var page = self
        try thrift.structure { (thrift, field, kind) throws(ServingError) in
            switch field {
            case 1:
                let value = try thrift.integer(kind)
                guard let kind = Kind(rawValue: value) else {
                    throw Damage.invalid("a page is of unknown kind \(value)")
                }
                page.kind = kind
            case 2: page.uncompressedBytes = try thrift.integer(kind)
            case 3: page.compressedBytes = try thrift.integer(kind)
            case 5, 7: try page.readData(&thrift)
            case 8: try page.readNewerData(&thrift)
            default: return false
            }
            return true
        }
        self = page
    }

    /// `DataPageHeader`, and `DictionaryPageHeader`, which begins alike.
    private mutating func readData(_ thrift: inout ThriftCompact) throws(ServingError) {
        var page = self
        try thrift.structure { (thrift, field, kind) throws(ServingError) in
            switch field {
            case 1: page.valueCount = try thrift.integer(kind)
            case 2: page.encoding = try thrift.integer(kind)
            case 3 where kind == .int32: page.definitionEncoding = try thrift.integer(kind)
            case 4: page.repetitionEncoding = try thrift.integer(kind)
            default: return false
            }
            return true
        }
        self = page
    }

    private mutating func readNewerData(_ thrift: inout ThriftCompact) throws(ServingError) {
        var page = self
        try thrift.structure { (thrift, field, kind) throws(ServingError) in
            switch field {
            case 1: page.valueCount = try thrift.integer(kind)
            case 4: page.encoding = try thrift.integer(kind)
            case 5: page.definitionBytes = try thrift.integer(kind)
            case 6: page.repetitionBytes = try thrift.integer(kind)
            case 7: page.isCompressed = kind != .no
            default: return false
            }
            return true
        }
        self = page
    }
}
