import ServingCore

/// A node as the walk reads it.
///
/// `value <= threshold` leads to the first child, everything else (NaN too) to the second, which
/// lies behind the first. A split whose missing values take the other way compares the negated
/// value with the negated threshold, so that NaN always leads to the second child: no walk asks what
/// is missing. A leaf compares with the NaN in slot 0 and leads to itself.
struct ForestNode<Scalar: ForestScalar> {
    /// The threshold, the number of a set of categories, or the leaf's value.
    var value: Scalar
    /// Where the compared value lies in the prepared row, in bytes; 0 for a leaf. The two lowest
    /// bits say that a set of categories decides, and that NaN leads to the first child.
    var slot: UInt32
    /// The number of the first child in the forest. A number, as a child then is one addition of what
    /// the comparison gives: adding a distance in bytes becomes a branch that is guessed wrong.
    var child: UInt32

    static var categoryFlag: UInt32 { 1 }
    static var missingFirstFlag: UInt32 { 2 }
}

/// Where a tree begins and what it adds to.
struct TreePlace: Sendable {
    /// The number of the root in the forest.
    var root: UInt32
    /// The output that it adds to.
    var group: UInt32
    /// The longest way from root to leaf, in splits.
    var depth: UInt32
    var hasCategories: Bool
}

/// One value of a prepared row.
struct RowSlot: Hashable, Sendable {
    /// What is done to the input's value.
    enum Kind: UInt8, CaseIterable, Sendable {
        case plain
        case negated
        /// NaN becomes 0.
        case nanAsZero
        /// 0 becomes NaN.
        case zeroAsNaN
        case zeroAsNaNNegated
    }

    var kind: Kind
    /// The column of the input.
    var feature: UInt32
}

/// A slot in the form that preparing reads: with the factor that stands for its sign.
struct PreparedSlot<Scalar: ForestScalar>: Sendable {
    let feature: UInt32
    let kind: RowSlot.Kind
    let sign: Scalar

    init(_ slot: RowSlot) {
        feature = slot.feature
        kind = slot.kind
        sign = kind == .negated || kind == .zeroAsNaNNegated ? -1 : 1
    }
}

/// Trees, checked and laid out for walking; the memory is one block.
///
/// Every child lies behind its parent within the block and is the child of one node only, so that
/// no walk leaves the block or goes round for ever (but for a leaf, which leads to itself).
final class Forest<Scalar: ForestScalar>: @unchecked Sendable {
    // `@unchecked Sendable`: the builder fills the memory before the initialiser is called and
    // nobody writes after.
    let nodes: UnsafeMutablePointer<ForestNode<Scalar>>
    let nodeCount: Int
    let trees: [TreePlace]
    /// Steps that a row takes at most.
    let depthSum: Int
    /// What each value of a prepared row is made from.
    let slots: [PreparedSlot<Scalar>]
    /// Whether there are slots that a sign does not describe.
    let hasRareSlots: Bool
    let categories: CategorySets
    /// The leaves' names by node; empty unless asked for.
    let identifiers: [Int32]
    /// The cover of each node; empty unless asked for.
    let covers: [Scalar]
    /// The values of leaves that have several, one leaf after the other; a leaf's `value` then holds
    /// its number.
    let leafVectors: [Scalar]
    /// Values of a leaf.
    let leafWidth: Int
    /// Whether values too small for LightGBM's data count as 0.
    let flushesTiny: Bool

    init(
        nodes: UnsafeMutablePointer<ForestNode<Scalar>>, nodeCount: Int, trees: [TreePlace],
        slots: [RowSlot], categories: CategorySets, identifiers: [Int32], covers: [Scalar],
        leafVectors: [Scalar], leafWidth: Int, flushesTiny: Bool
    ) {
        self.nodes = nodes
        self.nodeCount = nodeCount
        self.trees = trees
        depthSum = trees.reduce(0) { $0 + Int($1.depth) }
        self.slots = slots.map(PreparedSlot.init)
        hasRareSlots = slots.contains { $0.kind != .plain && $0.kind != .negated }
        self.categories = categories
        self.identifiers = identifiers
        self.covers = covers
        self.leafVectors = leafVectors
        self.leafWidth = leafWidth
        self.flushesTiny = flushesTiny
    }

    deinit { nodes.deallocate() }

    /// Values of a prepared row, with the NaN in front; an odd number of cache lines, so that the same
    /// value of many rows does not compete for the same place in the cache.
    var rowWidth: Int {
        let perLine = 64 / MemoryLayout<Scalar>.size
        return ((slots.count + perLine) / perLine | 1) * perLine
    }

    /// The node of a number.
    @inline(__always)
    func node(at index: UInt32) -> ForestNode<Scalar> { nodes[Int(index)] }
}
