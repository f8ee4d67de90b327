import ServingCore

/// Thrift's compact protocol, in which Parquet writes its metadata (thrift.apache.org,
/// `thrift-compact-protocol.md`).
struct ThriftCompact {
    /// The type of a field or element.
    enum Kind: UInt8 {
        case stop = 0, yes, no, int8, int16, int32, int64, double, binary, list, set, map, structure
    }

    /// Deepest nesting that is followed.
    private static let depthMaximum = 32

    private(set) var reader: ByteReader

    /// Starts at the reader's place.
    init(_ reader: ByteReader) {
        self.reader = reader
    }

    /// Reads a structure: calls `body` with each field's number and kind.
    ///
    /// `body` reads the field and returns true, or returns false to have it skipped.
    mutating func structure(
        _ body: (inout ThriftCompact, Int, Kind) throws(ServingError) -> Bool
    ) throws(ServingError) {
        var number = 0
        while true {
            let head = try reader.byte()
            let kind = try Self.kind(head & 0x0F)
            if kind == .stop { return }
            let delta = Int(head >> 4)
            number = delta == 0 ? try shortNumber() : number + delta
            if try !body(&self, number, kind) { try skip(kind, depth: 0) }
        }
    }

    /// An integer of any width.
    mutating func integer(_ kind: Kind) throws(ServingError) -> Int {
        switch kind {
        case .int8: return Int(Int8(bitPattern: try reader.byte()))
        case .int16, .int32, .int64: return try zigzag()
        default: throw Damage.invalid("its metadata has \(kind) where a number belongs")
        }
    }

    /// Text; damaged UTF-8 is replaced.
    mutating func text(_ kind: Kind) throws(ServingError) -> String {
        guard kind == .binary else {
            throw Damage.invalid("its metadata has \(kind) where text belongs")
        }
        let count = try reader.count()
        let start = try reader.skip(count)
        return String(decoding: reader.bytes[start..<start + count], as: UTF8.self)
    }

    /// Calls `body` for each element of a list.
    mutating func list(
        _ kind: Kind, _ body: (inout ThriftCompact, Kind) throws(ServingError) -> Void
    ) throws(ServingError) {
        guard kind == .list else {
            throw Damage.invalid("its metadata has \(kind) where a list belongs")
        }
        let (count, element) = try listHead()
        for _ in 0..<count { try body(&self, element) }
    }

    private mutating func listHead() throws(ServingError) -> (Int, Kind) {
        let head = try reader.byte()
        let short = Int(head >> 4)
        let count = short == 15 ? try reader.count() : short
        let kind = try Self.kind(head & 0x0F)
        // Every element takes a byte or more, but for those in no list of Parquet.
        guard count <= reader.remaining else { throw Damage.cutShort(count, reader.remaining) }
        return (count, kind)
    }

    private mutating func skip(_ kind: Kind, depth: Int) throws(ServingError) {
        guard depth < Self.depthMaximum else { throw Damage.invalid("its metadata nests too deep") }
        switch kind {
        case .stop, .yes, .no: return
        case .int8: _ = try reader.byte()
        case .int16, .int32, .int64: _ = try reader.varint()
        case .double: _ = try reader.skip(8)
        case .binary: _ = try reader.skip(try reader.count())
        case .list, .set:
            let (count, element) = try listHead()
            let kind = try Self.elementKind(element)
            for _ in 0..<count { try skip(kind, depth: depth + 1) }
        case .map: try skipMap(depth: depth)
        case .structure:
            while true {
                let head = try reader.byte()
                let kind = try Self.kind(head & 0x0F)
                if kind == .stop { return }
                if head >> 4 == 0 { _ = try zigzag() }
                try skip(kind, depth: depth + 1)
            }
        }
    }

    private mutating func skipMap(depth: Int) throws(ServingError) {
        let count = try reader.count()
        if count == 0 { return }
        guard count <= reader.remaining else { throw Damage.cutShort(count, reader.remaining) }
        let kinds = try reader.byte()
        let key = try Self.elementKind(try Self.kind(kinds >> 4))
        let value = try Self.elementKind(try Self.kind(kinds & 0x0F))
        for _ in 0..<count {
            try skip(key, depth: depth + 1)
            try skip(value, depth: depth + 1)
        }
    }

    private mutating func zigzag() throws(ServingError) -> Int {
        let value = try reader.varint()
        return Int(truncatingIfNeeded: value >> 1) ^ -Int(value & 1)
    }

    private mutating func shortNumber() throws(ServingError) -> Int {
        let number = try zigzag()
        guard number >= 0, number <= Int(Int16.max) else {
            throw Damage.invalid("its metadata has a field number of \(number)")
        }
        return number
    }

    /// How elements of a list or map are laid out: truth values take a byte there. So every element
    /// takes at least one, and a count is bounded by the bytes.
    private static func elementKind(_ kind: Kind) throws(ServingError) -> Kind {
        switch kind {
        case .stop: throw Damage.invalid("its metadata has a list of nothing")
        case .yes, .no: .int8
        default: kind
        }
    }

    private static func kind(_ value: UInt8) throws(ServingError) -> Kind {
        guard let kind = Kind(rawValue: value) else {
            throw Damage.invalid("its metadata has a value of unknown kind \(value)")
        }
        return kind
    }
}
