public import ServingCore
import Tensors

/// The arrays of a `.params` file: where they lie, never what they hold.
///
/// Everything that the library would believe of the file is checked here first, so that a corrupt
/// one does not reach it. Source of the layout: `NDArray::Save` and `NDArray::Load` of MXNet 0.8 to
/// 1.9, which wrote four headers: without a mark, and those marked 0xF993FAC8, FAC9 and FACA.
public struct ParameterFile: Sendable {
    /// What an array is for, from the prefix of its name.
    public enum Role: Hashable, Sendable {
        /// A weight: `arg:`.
        case argument
        /// A state that training keeps, as batch normalisation's mean: `aux:`.
        case auxiliary
        /// Neither prefix: written by `save_parameters`, which the C interface does not read.
        case unmarked
    }

    /// One array.
    public struct Entry: Sendable {
        /// The name without its prefix.
        public let name: String
        /// What it is for.
        public let role: Role
        /// The extents.
        public let dimensions: [Int]
        /// MXNet's number of the type: 0 is float32.
        public let typeNumber: Int
        /// Where its elements lie in the file.
        public let bytes: Range<Int>
    }

    /// The arrays in the file's order.
    public let arrays: [Entry]
    /// Whether an array was saved with NumPy's shapes, where 0 means no elements.
    public let usesNumpyShapes: Bool

    /// Most arrays in a file.
    static let arraysMaximum = 1_000_000
    /// The first eight bytes of a list of arrays (`kMXAPINDArrayListMagic`).
    static let listMark: UInt64 = 0x112

    /// Reads all headers of the file.
    ///
    /// - Throws: `model_invalid` with what is wrong and where.
    public init(_ bytes: UnsafeRawBufferPointer) throws(ServingError) {
        var cursor = ByteCursor(bytes)
        try Self.checkStart(&cursor)
        var found: [ParameterHeader] = []
        for _ in 0..<(try cursor.count(ofAtLeast: 4, "arrays", maximum: Self.arraysMaximum)) {
            found.append(try ParameterHeader(&cursor))
        }
        let names = try Self.names(&cursor, count: found.count)
        guard cursor.isAtEnd else {
            throw cursor.failure("\(cursor.remaining) bytes follow the names")
        }
        usesNumpyShapes = found.contains { $0.usesNumpyShapes }
        arrays = try Self.joined(names, found)
    }

    private static func checkStart(_ cursor: inout ByteCursor) throws(ServingError) {
        let mark = try cursor.integer(UInt64.self, "the mark of a list of arrays")
        guard mark == listMark else {
            // A zip archive starts with PK.
            let hint = mark & 0xFFFF == 0x4B50 ? ": it is a zip archive, as `npx.savez` writes" : ""
            throw cursor.failure(
                "the file does not start as a list of MXNet arrays does\(hint)", at: 0)
        }
        _ = try cursor.integer(UInt64.self, "the reserved word")
    }

    private static func names(_ cursor: inout ByteCursor, count: Int) throws(ServingError)
        -> [String]
    {
        let nameCount = try cursor.count(ofAtLeast: 8, "names", maximum: arraysMaximum)
        guard nameCount == count else {
            throw cursor.failure("\(count) arrays have \(nameCount) names")
        }
        var names: [String] = []
        names.reserveCapacity(nameCount)
        for _ in 0..<nameCount {
            let length = try cursor.count(ofAtLeast: 1, "bytes of a name", maximum: 1 << 16)
            names.append(try cursor.text(length, "a name"))
        }
        return names
    }

    private static func joined(_ names: [String], _ headers: [ParameterHeader])
        throws(ServingError) -> [Entry]
    {
        var seen: Set<String> = []
        var result: [Entry] = []
        for (full, header) in zip(names, headers) {
            guard seen.insert(full).inserted else {
                throw ServingError(.modelInvalid, "two arrays are called '\(full.clipped())'")
            }
            let role: Role =
                full.hasPrefix("arg:")
                ? .argument : full.hasPrefix("aux:") ? .auxiliary : .unmarked
            result.append(
                Entry(
                    name: role == .unmarked ? full : String(full.dropFirst(4)), role: role,
                    dimensions: header.dimensions, typeNumber: header.typeNumber,
                    bytes: header.bytes))
        }
        return result
    }
}
