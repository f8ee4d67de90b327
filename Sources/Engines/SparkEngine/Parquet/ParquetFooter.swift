import ServingCore

/// What a Parquet file says of itself at its end (`FileMetaData` of parquet.thrift).
struct ParquetFooter {
    /// One column within one row group.
    struct Chunk {
        var physicalType = -1
        var codec = -1
        var valueCount = 0
        var dataOffset = -1
        var dictionaryOffset: Int?
        var compressedBytes = 0
        var isInOtherFile = false
    }

    /// Rows that are stored together.
    struct RowGroup {
        var chunks: [Chunk] = []
        var rowCount = 0
    }

    private(set) var schema: [SchemaElement] = []
    private(set) var rowGroups: [RowGroup] = []
    private(set) var rowCount = 0

    private static let magic: [UInt8] = Array("PAR1".utf8)
    private static let encryptedMagic: [UInt8] = Array("PARE".utf8)

    /// Reads the end of a file.
    ///
    /// - Throws: `model_invalid` for what is no Parquet file, is cut short or contradicts itself.
    init(_ file: [UInt8]) throws(ServingError) {
        if file.suffix(4).elementsEqual(Self.encryptedMagic) {
            throw Damage.invalid("its Parquet is encrypted; save the model without encryption")
        }
        guard file.count >= 12, file.prefix(4).elementsEqual(Self.magic),
            file.suffix(4).elementsEqual(Self.magic)
        else {
            throw Damage.invalid(
                "\(file.count) bytes that do not begin and end as a Parquet file does (PAR1); "
                    + "copy it again")
        }
        var lengthReader = try ByteReader(file, from: file.count - 8, count: 4)
        let length = Int(try lengthReader.littleEndian(4))
        guard length <= file.count - 12 else {
            throw Damage.invalid("its metadata of \(length) bytes is larger than the file")
        }
        var thrift = ThriftCompact(
            try ByteReader(file, from: file.count - 8 - length, count: length))
        try readMetadata(&thrift)
        guard rowCount >= 0, rowGroups.allSatisfy({ $0.rowCount >= 0 }) else {
            throw Damage.invalid("it claims a negative number of rows")
        }
    }

    private mutating func readMetadata(_ thrift: inout ThriftCompact) throws(ServingError) {
        var schema: [SchemaElement] = []
        var groups: [RowGroup] = []
        var rows = 0
        try thrift.structure { (thrift, field, kind) throws(ServingError) in
            switch field {
            case 2:
                try thrift.list(kind) { (thrift, _) throws(ServingError) in
                    schema.append(try SchemaElement(&thrift))
                }
            case 3: rows = try thrift.integer(kind)
            case 4:
                try thrift.list(kind) { (thrift, _) throws(ServingError) in
                    groups.append(try RowGroup(&thrift))
                }
            default: return false
            }
            return true
        }
        (self.schema, rowGroups, rowCount) = (schema, groups, rows)
    }
}

extension ParquetFooter.RowGroup {
    init(_ thrift: inout ThriftCompact) throws(ServingError) {
        var chunks: [ParquetFooter.Chunk] = []
        var rows = 0
        try thrift.structure { (thrift, field, kind) throws(ServingError) in
            switch field {
            case 1:
                try thrift.list(kind) { (thrift, _) throws(ServingError) in
                    chunks.append(try ParquetFooter.Chunk(&thrift))
                }
            case 3: rows = try thrift.integer(kind)
            default: return false
            }
            return true
        }
        (self.chunks, rowCount) = (chunks, rows)
    }
}

extension ParquetFooter.Chunk {
    init(_ thrift: inout ThriftCompact) throws(ServingError) {
        var chunk = Self()
        try thrift.structure { (thrift, field, kind) throws(ServingError) in
            switch field {
            case 1:
                _ = try thrift.text(kind)
                chunk.isInOtherFile = true
            case 3: try chunk.readMetadata(&thrift)
            default: return false
            }
            return true
        }
        self = chunk
    }

    private mutating func readMetadata(_ thrift: inout ThriftCompact) throws(ServingError) {
        var chunk = self
        try thrift.structure { (thrift, field, kind) throws(ServingError) in
            switch field {
            case 1: chunk.physicalType = try thrift.integer(kind)
            case 4: chunk.codec = try thrift.integer(kind)
            case 5: chunk.valueCount = try thrift.integer(kind)
            case 7: chunk.compressedBytes = try thrift.integer(kind)
            case 9: chunk.dataOffset = try thrift.integer(kind)
            case 11: chunk.dictionaryOffset = try thrift.integer(kind)
            default: return false
            }
            return true
        }
        self = chunk
    }
}
