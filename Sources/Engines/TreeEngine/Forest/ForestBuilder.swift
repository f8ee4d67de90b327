import ServingCore

/// Checks trees and lays them out.
struct ForestBuilder<Scalar: ForestScalar> {
    private typealias Node = ForestNode<Scalar>

    /// What besides predictions will be asked for.
    struct Wanted {
        var identifiers = false
        var covers = false
    }

    /// Sets that splits name by number.
    var categories = CategorySets()
    /// Values of leaves with several.
    var leafVectors: [Scalar] = []
    var leafWidth = 1
    private(set) var trees: [TreePlace] = []
    private(set) var featureMaximum: Int32 = -1
    private var nodes: [Node] = []
    private var slots: [RowSlot] = []
    private var slotNumbers: [RowSlot: UInt32] = [:]
    private var identifiers: [Int32] = []
    private var covers: [Scalar] = []
    private let wanted: Wanted

    init(_ wanted: Wanted) { self.wanted = wanted }

    /// Adds a tree, breadth first, so that the nodes that every row meets lie together.
    ///
    /// - Throws: `model_invalid` for children outside the table, a node with two parents, negative
    ///   columns, and thresholds that are not numbers.
    mutating func add(_ table: TreeTable<Scalar>) throws(ServingError) {
        let number = trees.count
        guard !table.nodes.isEmpty else {
            throw ServingError(.modelInvalid, "tree \(number) has no nodes")
        }
        var place = TreePlace(root: 0, group: 0, depth: 0, hasCategories: false)
        var isPlaced = [Bool](repeating: false, count: table.nodes.count)
        let first = nodes.count
        try reserve(1)
        place.root = UInt32(first)
        var queue: [(source: Int, target: Int, depth: UInt32)] = [(0, first, 0)]
        isPlaced[0] = true
        var next = 0
        while next < queue.count {
            let (source, target, depth) = queue[next]
            next += 1
            let node = table.nodes[source]
            place.depth = max(place.depth, depth)
            if wanted.identifiers { identifiers[target] = node.identifier }
            if wanted.covers { covers[target] = node.cover }
            if case .leaf = node.kind {
                nodes[target] = leaf(node.value, at: target)
                continue
            }
            for child in [node.left, node.right] {
                guard child >= 0, Int(child) < table.nodes.count, !isPlaced[Int(child)] else {
                    throw ServingError(
                        .modelInvalid,
                        "node \(source) of tree \(number) leads to node \(child), which is "
                            + (child >= 0 && Int(child) < table.nodes.count
                                ? "another node's child or the root" : "none of the tree's nodes"))
                }
                isPlaced[Int(child)] = true
            }
            let pair = nodes.count
            try reserve(2)
            let split = try split(node, tree: number)
            nodes[target] = split.node
            nodes[target].child = UInt32(pair)
            place.hasCategories = place.hasCategories || split.node.slot & Node.categoryFlag != 0
            let left = split.isSwapped ? pair + 1 : pair
            let right = split.isSwapped ? pair : pair + 1
            queue.append((Int(node.left), left, depth + 1))
            queue.append((Int(node.right), right, depth + 1))
        }
        trees.append(place)
    }

    private mutating func reserve(_ count: Int) throws(ServingError) {
        guard (nodes.count + count) < Int(UInt32.max) else {
            throw ServingError(.modelInvalid, "more than \(nodes.count) nodes")
        }
        for _ in 0..<count {
            nodes.append(Node(value: 0, slot: 0, child: 0))
            if wanted.identifiers { identifiers.append(0) }
            if wanted.covers { covers.append(0) }
        }
    }

    private func leaf(_ value: Scalar, at target: Int) -> Node {
        // NaN leads to the second child, which lies one node behind the first: to the leaf itself.
        Node(value: value, slot: 0, child: UInt32(target) &- 1)
    }

    /// Turns a split so that NaN and what is not in the set lead to the second child.
    private mutating func split(
        _ node: TreeTable<Scalar>.Node, tree: Int
    ) throws(ServingError) -> (node: Node, isSwapped: Bool) {
        guard node.feature >= 0 else {
            throw ServingError(.modelInvalid, "a split of tree \(tree) on feature \(node.feature)")
        }
        featureMaximum = max(featureMaximum, node.feature)
        let feature = UInt32(node.feature)
        switch node.kind {
        case .categoriesLeft, .categoriesRight:
            guard Int(node.categories) < categories.count else {
                throw ServingError(.modelInvalid, "a split of tree \(tree) without its categories")
            }
            var isSwapped = false
            if case .categoriesRight = node.kind { isSwapped = true }
            let missingFirst = node.missingGoesLeft != isSwapped
            let slot = try slot(.plain, feature) | Node.categoryFlag
            return (
                Node(
                    value: Scalar(number: node.categories),
                    slot: missingFirst ? slot | Node.missingFirstFlag : slot, child: 0), isSwapped
            )
        default: break
        }
        guard !node.value.isNaN else {
            throw ServingError(.modelInvalid, "a threshold of tree \(tree) is not a number")
        }
        var isBelow = false
        if case .below = node.kind { isBelow = true }
        let isSwapped = node.missingGoesLeft && node.missing != .none
        // below: left for x <= t.nextDown; right for -x <= -t.
        // up to: left for x <= t; right for -x <= (-t).nextDown.
        var threshold = isSwapped ? -node.value : node.value
        if isBelow != isSwapped {
            threshold = threshold == -.infinity ? .nan : threshold.nextDown
        }
        let kind: RowSlot.Kind
        switch node.missing {
        case .none: kind = .nanAsZero
        case .nan: kind = isSwapped ? .negated : .plain
        case .zero: kind = isSwapped ? .zeroAsNaNNegated : .zeroAsNaN
        }
        return (Node(value: threshold, slot: try slot(kind, feature), child: 0), isSwapped)
    }

    /// The place of a value in the prepared row, in bytes.
    private mutating func slot(_ kind: RowSlot.Kind, _ feature: UInt32) throws(ServingError)
        -> UInt32
    {
        let slot = RowSlot(kind: kind, feature: feature)
        if let known = slotNumbers[slot] { return known }
        slots.append(slot)
        guard slots.count < Int(UInt32.max) / MemoryLayout<Scalar>.size else {
            throw ServingError(.modelInvalid, "splits on more than \(slots.count) features")
        }
        let number = UInt32(slots.count * MemoryLayout<Scalar>.size)
        slotNumbers[slot] = number
        return number
    }

    /// Takes the trees of a range, gives each its output and its weight, and ends the building.
    ///
    /// - Parameters:
    ///   - groups: The output that each tree of the file adds to.
    ///   - weights: What each tree's leaves are multiplied by; empty for 1.
    /// - Precondition: `groups`, and `weights` unless empty, have an element a tree.
    mutating func finish(
        _ range: Range<Int>, groups: [UInt32], weights: [Scalar], flushesTiny: Bool
    ) -> Forest<Scalar> {
        for index in trees.indices {
            trees[index].group = groups[index]
            if !weights.isEmpty { multiply(index, by: weights[index]) }
        }
        let block = UnsafeMutablePointer<Node>.allocate(capacity: max(nodes.count, 1))
        nodes.withUnsafeBufferPointer { source in
            if let start = source.baseAddress {
                block.initialize(from: start, count: source.count)
            }
        }
        defer { nodes = [] }
        return Forest(
            nodes: block, nodeCount: nodes.count, trees: Array(trees[range]), slots: slots,
            categories: categories, identifiers: identifiers, covers: covers,
            leafVectors: leafVectors, leafWidth: leafWidth, flushesTiny: flushesTiny)
    }

    private mutating func multiply(_ tree: Int, by weight: Scalar) {
        let first = Int(trees[tree].root)
        let end =
            tree + 1 < trees.count ? Int(trees[tree + 1].root) : nodes.count
        for index in first..<end where nodes[index].slot == 0 { nodes[index].value *= weight }
    }
}
