import ServingCore
import Tensors

/// The extents of nested arrays, found while they are read.
struct JSONNest {
    /// Elements at each level, outermost first; -1 while the first list of a level is being read.
    private(set) var extents: [Int] = []
    /// The number of levels; nil until the first leaf or empty list is seen.
    private var rank: Int?

    /// Starts without levels.
    init() {}

    /// Reads a value with all its levels.
    ///
    /// - Throws: `invalid_tensor` when lists of one level differ in size or depth.
    mutating func read(from scanner: inout JSONScanner, into elements: JSONElementReader)
        throws(ServingError)
    {
        scanner.skipWhiteSpace()
        if scanner.current == UInt8(ascii: "[") {
            try readList(level: 0, from: &scanner, into: elements)
        } else {
            try elements.readElement(from: &scanner)
        }
    }

    /// Whether this is what a client writes for a shape without elements: it may stop nesting at any
    /// zero, since nothing tells the extents behind it.
    func isEmpty(like shape: Shape) -> Bool {
        shape.elementCount == 0 && extents.contains(0)
            && extents.elementsEqual(shape.dimensions.prefix(extents.count))
    }

    /// Reads the list at the scanner's position.
    private mutating func readList(
        level: Int, from scanner: inout JSONScanner, into elements: JSONElementReader
    ) throws(ServingError) {
        if let rank, level >= rank {
            throw listLevelError(level: level)
        }
        if level == extents.count {
            guard level < Limits.tensorRankMaximum else {
                throw ServingError(
                    .invalidTensor,
                    "a tensor has at most \(Limits.tensorRankMaximum) dimensions; these lists"
                        + " are nested deeper")
            }
            extents.append(-1)
        }
        try scanner.enter()
        scanner.skipWhiteSpace()
        let count: Int
        if scanner.current == UInt8(ascii: "[") {
            count = try readLists(level: level, from: &scanner, into: elements)
        } else {
            count = try readLeaves(level: level, from: &scanner, into: elements)
        }
        if extents[level] < 0 {
            extents[level] = count
        } else if extents[level] != count {
            throw ServingError(
                .invalidTensor,
                "Encountered list at unexpected size: \(count) at level: \(level)"
                    + " expected size: \(extents[level])")
        }
    }

    /// Reads the elements of a list of lists; returns how many there were.
    private mutating func readLists(
        level: Int, from scanner: inout JSONScanner, into elements: JSONElementReader
    ) throws(ServingError) -> Int {
        let expected = extents[level]
        var count = 0
        while try scanner.nextElement() {
            if count == expected {
                // Too many already; the rest is only counted, for the error.
                try scanner.skipValue()
            } else {
                scanner.skipWhiteSpace()
                guard scanner.current == UInt8(ascii: "[") else {
                    throw levelError(scanner, level: level)
                }
                try readList(level: level + 1, from: &scanner, into: elements)
            }
            count += 1
        }
        return count
    }

    /// Reads the elements of an innermost or empty list; returns how many there were.
    private mutating func readLeaves(
        level: Int, from scanner: inout JSONScanner, into elements: JSONElementReader
    ) throws(ServingError) -> Int {
        if rank == nil { rank = level + 1 }
        if rank != level + 1, scanner.current != UInt8(ascii: "]") {
            throw levelError(scanner, level: level)
        }
        let depth = scanner.depth
        let count = try elements.readList(from: &scanner)
        // Still inside: an element is an array.
        if scanner.depth == depth { throw listLevelError(level: level + 1) }
        return count
    }

    private func listLevelError(level: Int) -> ServingError {
        ServingError(
            .invalidTensor,
            "Encountered list at unexpected level: \(level) expected < \(rank ?? level)")
    }

    private func levelError(_ scanner: JSONScanner, level: Int) -> ServingError {
        return ServingError(
            .invalidTensor,
            "JSON Value: \(scanner.valueDescription()) found at incorrect level: \(level + 2)"
                + " in the JSON DOM. Expected at level: \(rank ?? level + 2)")
    }
}
