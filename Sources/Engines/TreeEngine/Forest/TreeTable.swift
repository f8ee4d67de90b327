/// The nodes of one tree as a file gives them, not yet checked.
struct TreeTable<Scalar: ForestScalar> {
    /// What a missing value is for a split.
    enum Missing: UInt8 {
        /// Nothing: NaN counts as 0.
        case none
        /// 0 and NaN.
        case zero
        /// NaN.
        case nan
    }

    /// How a node sends a row on.
    enum Kind {
        /// Ends the walk.
        case leaf
        /// Left for values below the threshold.
        case below
        /// Left for values up to the threshold.
        case upTo
        /// By a set of categories, the number of which `value` holds: to the right when it contains
        /// the value (XGBoost).
        case categoriesRight
        /// The same to the left (LightGBM).
        case categoriesLeft
    }

    /// One node.
    struct Node {
        var kind: Kind
        /// Positions of the children in the table.
        var left: Int32 = -1
        var right: Int32 = -1
        /// Position of the input's column.
        var feature: Int32 = 0
        /// The threshold, or the leaf's value.
        var value: Scalar = 0
        /// The set of categories, for such a split.
        var categories: UInt32 = 0
        var missing = Missing.nan
        var missingGoesLeft = false
        /// The rows (or their weight) that came here in training; for contributions.
        var cover: Scalar = 0
        /// The name of a leaf in the library's leaf output.
        var identifier: Int32 = 0
    }

    /// The nodes, the root first.
    var nodes: [Node]
}

/// The number types that libraries compute with: XGBoost Float, LightGBM Double.
protocol ForestScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable {
    /// The number whose bits are a small integer.
    init(number: UInt32)
    /// That integer.
    var number: UInt32 { get }
}

extension Float: ForestScalar {
    @inline(__always) init(number: UInt32) { self.init(bitPattern: number) }
    @inline(__always) var number: UInt32 { bitPattern }
}

extension Double: ForestScalar {
    @inline(__always) init(number: UInt32) { self.init(bitPattern: UInt64(number)) }
    @inline(__always) var number: UInt32 { UInt32(truncatingIfNeeded: bitPattern) }
}
