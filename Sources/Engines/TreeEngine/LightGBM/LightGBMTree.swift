import ServingCore

/// One tree of a LightGBM model: arrays with an element a split, and others with one a leaf.
struct LightGBMTree {
    private typealias Line = LightGBMLines.Line

    /// The lines of the tree, by what stands before the `=`.
    var fields: [String: LightGBMLines.Line] = [:]

    private func field(_ name: String) throws(ServingError) -> Line {
        guard let line = fields[name] else { throw ServingError(.modelInvalid, "no \(name)") }
        return line
    }

    /// Adds the tree to a forest.
    ///
    /// - Throws: `model_invalid` for missing fields, arrays of other lengths, linear trees, and as the
    ///   builder does.
    func add(to builder: inout ForestBuilder<Double>) throws(ServingError) {
        if let linear = fields["is_linear"], try linear.integer() != 0 {
            throw ServingError(
                .modelInvalid,
                "linear trees are not supported; train without linear_tree to serve the model here")
        }
        let leafCount = try field("num_leaves").integer()
        let leafValues = try field("leaf_value").doubles(leafCount)
        guard leafCount >= 1 else { throw ServingError(.modelInvalid, "\(leafCount) leaves") }
        let splits = leafCount - 1
        var table = TreeTable<Double>(nodes: [])
        table.nodes.reserveCapacity(splits + leafCount)
        if splits > 0 { try addSplits(splits, leafCount, to: &table, &builder) }
        let covers =
            splits > 0 ? try fields["leaf_count"]?.integers(leafCount, Int64.self) : nil
        for index in 0..<leafCount {
            var node = TreeTable<Double>.Node(kind: .leaf)
            node.value = leafValues[index]
            node.identifier = Int32(truncatingIfNeeded: index)
            if let covers { node.cover = Double(covers[index]) }
            table.nodes.append(node)
        }
        try builder.add(table)
    }

    private func addSplits(
        _ count: Int, _ leafCount: Int, to table: inout TreeTable<Double>,
        _ builder: inout ForestBuilder<Double>
    ) throws(ServingError) {
        let left = try field("left_child").integers(count, Int32.self)
        let right = try field("right_child").integers(count, Int32.self)
        let features = try field("split_feature").integers(count, Int32.self)
        let thresholds = try field("threshold").doubles(count)
        let decisions =
            try fields["decision_type"]?.integers(count, Int8.self)
            ?? [Int8](repeating: 0, count: count)
        let covers = try fields["internal_count"]?.integers(count, Int64.self)
        let sets = try addCategories(to: &builder)
        for index in 0..<count {
            var node = TreeTable<Double>.Node(kind: .upTo)
            node.left = try place(left[index], count, leafCount)
            node.right = try place(right[index], count, leafCount)
            node.feature = features[index]
            node.value = thresholds[index]
            if let covers { node.cover = Double(covers[index]) }
            let decision = UInt8(bitPattern: decisions[index])
            guard let missing = TreeTable<Double>.Missing(rawValue: decision >> 2 & 3) else {
                throw ServingError(.modelInvalid, "decision_type \(decision)")
            }
            if decision & 1 == 1 {
                guard thresholds[index] >= 0, thresholds[index] < Double(sets.count) else {
                    throw ServingError(.modelInvalid, "no categories \(thresholds[index])")
                }
                node.kind = .categoriesLeft
                node.categories = sets[Int(thresholds[index])]
            } else {
                node.missing = missing
                node.missingGoesLeft = decision & 2 == 2
            }
            table.nodes.append(node)
        }
    }

    /// The place in the table of a child: splits come first; leaves are written as `~leaf`.
    private func place(
        _ child: Int32, _ splits: Int, _ leaves: Int
    ) throws(ServingError) -> Int32 {
        let place = child >= 0 ? Int(child) : splits + Int(~child)
        guard child >= 0 ? place < splits : place < splits + leaves else {
            throw ServingError(.modelInvalid, "a child \(child) of \(splits) splits")
        }
        return Int32(truncatingIfNeeded: place)
    }

    /// The tree's sets of categories, as words of bits.
    private func addCategories(
        to builder: inout ForestBuilder<Double>
    ) throws(ServingError) -> [UInt32] {
        let count = try fields["num_cat"]?.integer() ?? 0
        guard count != 0 else { return [] }
        let line = try field("cat_boundaries")
        guard count > 0, count < line.bytes.count else { throw line.failure("\(count) sets") }
        let bounds = try line.integers(count + 1, Int.self)
        let words = try field("cat_threshold").integers(bounds[count], UInt32.self)
        var sets: [UInt32] = []
        for index in 0..<count {
            guard bounds[index] >= 0, bounds[index] <= bounds[index + 1],
                bounds[index + 1] <= words.count
            else { throw line.failure("bounds that do not ascend") }
            sets.append(builder.categories.add(bits: words[bounds[index]..<bounds[index + 1]]))
        }
        return sets
    }
}
