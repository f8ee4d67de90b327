import ServingCore

/// Reads the fields of a payload one after another; every length is checked against what is there.
struct PayloadReader {
    private let bytes: UnsafeRawBufferPointer
    /// How far it has read.
    private(set) var offset = 0

    /// Reads these bytes, which outlive it.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    private var left: Int { bytes.count - offset }

    mutating func byte() throws(ServingError) -> UInt8 {
        guard left >= 1 else { throw Self.short }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func flag() throws(ServingError) -> Bool {
        let value = try byte()
        guard value <= 1 else { throw WorkerFault.broken("a bool of \(value)") }
        return value == 1
    }

    mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type = Value.self
    ) throws(ServingError) -> Value {
        guard left >= MemoryLayout<Value>.size else { throw Self.short }
        defer { offset += MemoryLayout<Value>.size }
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// An unsigned 64-bit number that fits `Int`.
    mutating func size() throws(ServingError) -> Int {
        let value = try integer(UInt64.self)
        guard let size = Int(exactly: value) else {
            throw WorkerFault.broken("a size of \(value)")
        }
        return size
    }

    /// The number of items of a list, each of which takes at least `bytesEach`.
    mutating func count(bytesEach: Int) throws(ServingError) -> Int {
        let count = Int(try integer(UInt32.self))
        guard count <= left / max(1, bytesEach) else {
            throw WorkerFault.broken("a list of \(count) items in \(left) bytes")
        }
        return count
    }

    mutating func text() throws(ServingError) -> String {
        let range = try skip(count(bytesEach: 1))
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw WorkerFault.broken("text that is not UTF-8")
        }
        return text
    }

    /// Passes over bytes and says where they lie.
    mutating func skip(_ count: Int) throws(ServingError) -> Range<Int> {
        guard count >= 0, count <= left else { throw Self.short }
        defer { offset += count }
        return offset..<offset + count
    }

    /// A list of pairs of names and values.
    mutating func pairs() throws(ServingError) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for _ in 0..<(try count(bytesEach: 8)) { pairs.append((try text(), try text())) }
        return pairs
    }

    /// - Throws: `worker_failed` unless everything has been read.
    func finish() throws(ServingError) {
        guard left == 0 else { throw WorkerFault.broken("\(left) bytes after the last field") }
    }

    private static let short = WorkerFault.broken("a message that is cut short")
}
