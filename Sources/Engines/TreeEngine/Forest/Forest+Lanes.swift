/// Batches: eight rows are walked side by side, tree by tree.
///
/// The nodes of one tree and the rows of a block stay in the processor's nearest memory, and the
/// steps of the eight walks do not wait for each other. Each row still adds its trees in their
/// order. The eight rows' values of a slot lie beside each other, so that all walks share one
/// register for the address of their rows.
extension Forest {
    /// Rows of a block.
    static var lanes: Int { 8 }

    /// Values of a block of prepared rows, with the NaNs in front.
    var laneBlockWidth: Int { (slots.count + 1) * Self.lanes }

    /// Prepares a block of rows for walking.
    ///
    /// - Parameters:
    ///   - input: The first row; the rows follow each other, of `featureCount` values each.
    ///   - count: How many there are, 1 to 8; the last one stands for those that lack.
    ///   - missing: A value that stands for a missing one; NaN for none besides NaN.
    ///   - block: Room for `laneBlockWidth` values.
    @inline(__always)
    func prepareLanes<Input: BinaryFloatingPoint>(
        _ input: UnsafePointer<Input>, _ count: Int, featureCount: Int, missing: Scalar,
        into block: UnsafeMutablePointer<Scalar>
    ) {
        for lane in 0..<Self.lanes { block[lane] = .nan }
        for lane in 0..<Self.lanes {
            prepareSlots(
                input + min(lane, count &- 1) &* featureCount, missing: missing,
                into: block + (Self.lanes &+ lane), stride: Self.lanes)
        }
    }

    /// Adds the leaves of one tree to the margins of blocks of rows.
    ///
    /// - Parameters:
    ///   - blocks: Prepared blocks, one after the other.
    ///   - margins: Rows of `groups` values, as many as the blocks hold.
    @inline(__always)
    func addMargins(
        of tree: TreePlace, blocks: UnsafePointer<Scalar>, blockCount: Int,
        to margins: UnsafeMutablePointer<Scalar>, groups: Int
    ) {
        let width = laneBlockWidth
        let size = Self.lanes &* groups
        for index in 0..<blockCount {
            let block = UnsafeRawPointer(blocks + index &* width)
            let target = margins + index &* size
            if tree.hasCategories {
                for lane in 0..<Self.lanes {
                    let leaf = leaf(of: tree, block, lane: lane)
                    add(leaf, tree.group, target + lane &* groups)
                }
            } else {
                walk(tree, block, target, groups)
            }
        }
    }

    /// Walks eight rows from the root to their leaves.
    @inline(__always)
    private func walk(
        _ tree: TreePlace, _ block: UnsafeRawPointer, _ margins: UnsafeMutablePointer<Scalar>,
        _ groups: Int
    ) {
        let root = tree.root
        var (a, b, c, d, e, f, g, h) = (root, root, root, root, root, root, root, root)
        var left = tree.depth
        var isInside = UInt32(1)
        while left != 0, isInside != 0 {
            isInside = 0
            a = laneStep(a, block, 0, &isInside)
            b = laneStep(b, block, 1, &isInside)
            c = laneStep(c, block, 2, &isInside)
            d = laneStep(d, block, 3, &isInside)
            e = laneStep(e, block, 4, &isInside)
            f = laneStep(f, block, 5, &isInside)
            g = laneStep(g, block, 6, &isInside)
            h = laneStep(h, block, 7, &isInside)
            left &-= 1
        }
        add(a, tree.group, margins)
        add(b, tree.group, margins + groups)
        add(c, tree.group, margins + 2 &* groups)
        add(d, tree.group, margins + 3 &* groups)
        add(e, tree.group, margins + 4 &* groups)
        add(f, tree.group, margins + 5 &* groups)
        add(g, tree.group, margins + 6 &* groups)
        add(h, tree.group, margins + 7 &* groups)
    }

    /// One step between numbers: `step` for a row of a block.
    @inline(__always)
    private func laneStep(
        _ index: UInt32, _ block: UnsafeRawPointer, _ lane: Int, _ isInside: inout UInt32
    ) -> UInt32 {
        let node = node(at: index)
        isInside |= node.slot
        let value = block.load(
            fromByteOffset: Int(node.slot) &* Self.lanes &+ lane &* MemoryLayout<Scalar>.size,
            as: Scalar.self)
        let isSecond = UInt32(unsafeBitCast(!(value <= node.value), to: UInt8.self))
        return node.child &+ isSecond
    }

    /// The leaf that a row of a block comes to through splits of any kind.
    private func leaf(of tree: TreePlace, _ block: UnsafeRawPointer, lane: Int) -> UInt32 {
        var index = tree.root
        while true {
            let node = node(at: index)
            if node.slot == 0 { return index }
            let place = Int(node.slot & ~3) &* Self.lanes &+ lane &* MemoryLayout<Scalar>.size
            index = next(node, block.load(fromByteOffset: place, as: Scalar.self))
        }
    }
}
