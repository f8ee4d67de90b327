import ServingCore

/// What stands before the elements of one array, in any of the four layouts.
struct ParameterHeader: Sendable {
    let dimensions: [Int]
    let typeNumber: Int
    let bytes: Range<Int>
    let usesNumpyShapes: Bool

    /// Marks of the layouts with 64-bit extents; the oldest has none and starts with its rank.
    private enum Mark {
        static let first: UInt32 = 0xF993_FAC8
        static let second: UInt32 = 0xF993_FAC9
        static let third: UInt32 = 0xF993_FACA
    }

    /// Most dimensions of an array.
    private static let rankMaximum = 32
    /// Most elements: the library counts them in 32 bits.
    private static let elementsMaximum = Int(Int32.max)

    /// Reads a header and steps over the elements.
    ///
    /// - Throws: `model_invalid`.
    init(_ cursor: inout ByteCursor) throws(ServingError) {
        let mark = try cursor.integer(UInt32.self, "the mark of an array")
        usesNumpyShapes = mark == Mark.third
        if mark == Mark.second || mark == Mark.third {
            let storage = try cursor.integer(Int32.self, "an array's way of storage")
            guard storage == 0 else {
                throw cursor.failure(
                    "an array is stored sparsely (\(storage)); convert it with tostype('default')")
            }
        }
        dimensions = try Self.dimensions(&cursor, mark)
        guard !dimensions.isEmpty || usesNumpyShapes else {
            throw cursor.failure("an array has no shape: it was saved before it was initialised")
        }
        // The device: a number of its kind and one of itself. Only the place matters here.
        _ = try cursor.integer(Int32.self, "an array's kind of device")
        _ = try cursor.integer(Int32.self, "an array's device")
        let type = Int(try cursor.integer(Int32.self, "an array's type"))
        guard let width = MXNetElementType.width(type) else {
            throw cursor.failure("an array has element type \(type), which MXNet 1.9 does not have")
        }
        typeNumber = type
        bytes = try cursor.skip(try Self.count(dimensions, &cursor) * width, "an array's elements")
    }

    private static func dimensions(_ cursor: inout ByteCursor, _ mark: UInt32)
        throws(ServingError) -> [Int]
    {
        let isMarked = mark == Mark.first || mark == Mark.second || mark == Mark.third
        let rank =
            isMarked ? Int(try cursor.integer(Int32.self, "an array's rank")) : Int(mark)
        guard (0...rankMaximum).contains(rank) else {
            throw cursor.failure("an array has rank \(rank); the most is \(rankMaximum)")
        }
        var result: [Int] = []
        for _ in 0..<rank {
            let extent =
                isMarked
                ? Int(try cursor.integer(Int64.self, "an extent"))
                : Int(try cursor.integer(UInt32.self, "an extent"))
            result.append(extent)
        }
        return result
    }

    private static func count(_ dimensions: [Int], _ cursor: inout ByteCursor)
        throws(ServingError) -> Int
    {
        var count = 1
        for extent in dimensions {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow, product <= elementsMaximum else {
                throw cursor.failure("an array has the impossible shape \(dimensions)")
            }
            count = product
        }
        return count
    }
}
