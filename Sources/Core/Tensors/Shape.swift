public import ServingCore

/// The extents of a tensor, row-major, with an element count that cannot have overflowed.
public struct Shape: Hashable, Sendable {
    /// The extent of each dimension, outermost first; empty for a scalar.
    public let dimensions: [Int]
    /// The product of the dimensions: 1 for a scalar, 0 when any dimension is 0.
    public let elementCount: Int

    /// Checks rank, signs and size.
    ///
    /// - Throws: `invalid_tensor` for a negative dimension, a rank above `Limits.tensorRankMaximum`
    ///   or more than `Limits.tensorElementsMaximum` elements (also when a zero hides an overflow).
    public init(_ dimensions: [Int]) throws(ServingError) {
        guard dimensions.count <= Limits.tensorRankMaximum else {
            throw ServingError(
                .invalidTensor,
                "a tensor has at most \(Limits.tensorRankMaximum) dimensions, not \(dimensions.count)"
            )
        }
        var count = 1
        var hasZero = false
        for dimension in dimensions {
            guard dimension >= 0 else {
                throw ServingError(
                    .invalidTensor,
                    "shape \(dimensions) has a negative dimension; give the tensor's real extents")
            }
            if dimension == 0 {
                hasZero = true
                continue
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard !overflow, product <= Limits.tensorElementsMaximum else {
                throw ServingError(
                    .invalidTensor,
                    "shape \(dimensions) has more than \(Limits.tensorElementsMaximum) elements")
            }
            count = product
        }
        self.dimensions = dimensions
        elementCount = hasZero ? 0 : count
    }

    /// A shape whose dimensions and count the caller has already proved consistent.
    init(trusted dimensions: [Int], elementCount: Int) {
        self.dimensions = dimensions
        self.elementCount = elementCount
    }

    /// The shape of a scalar: no dimensions, one element.
    public static let scalar = Shape(trusted: [], elementCount: 1)

    /// A vector's shape.
    ///
    /// - Throws: `invalid_tensor` when the length is negative or beyond the limit.
    public static func vector(_ length: Int) throws(ServingError) -> Shape { try Shape([length]) }

    /// The number of dimensions.
    public var rank: Int { dimensions.count }

    /// The extent of the outermost dimension; nil for a scalar.
    public var leadingDimension: Int? { dimensions.first }

    /// Elements in one step of the outermost dimension; the count itself for a scalar.
    ///
    /// For `[0, 4]` this is 4: rows have a size even when there are none.
    public var elementsPerRow: Int {
        if let rows = dimensions.first, rows > 0 { return elementCount / rows }
        // No row exists to divide by; zeros further in make each row empty.
        return dimensions.dropFirst().reduce(1) {
            $0.multipliedReportingOverflow(by: $1).partialValue
        }
    }

    /// The same rows in another number.
    ///
    /// - Throws: `invalid_tensor` when the result is too large.
    public func replacingLeadingDimension(with rows: Int) throws(ServingError) -> Shape {
        try Shape([rows] + dimensions.dropFirst())
    }

    /// Bytes of storage that this many elements of a fixed-width type need.
    ///
    /// - Throws: `invalid_tensor` beyond `Limits.tensorBytesMaximum`; `internal` for `bytes`.
    public func byteCount(of type: ElementType) throws(ServingError) -> Int {
        guard let width = type.byteWidth else {
            throw ServingError(.internalError, "BYTES elements have no fixed width")
        }
        let (count, overflow) = elementCount.multipliedReportingOverflow(by: width)
        guard !overflow, count <= Limits.tensorBytesMaximum else {
            throw ServingError(
                .invalidTensor,
                "a \(type) tensor of shape \(self) is larger than \(Limits.tensorBytesMaximum) bytes"
            )
        }
        return count
    }
}

extension Shape: CustomStringConvertible {
    /// `[2, 64]`; `[]` for a scalar.
    public var description: String { "\(dimensions)" }
}
