import ServingCore

/// The trees of a model in one list of nodes, children behind their parents.
struct TreeNodes {
    /// A question about one feature, or a leaf.
    struct Node {
        /// The largest value that goes left; for leaves what the leaf predicts.
        var threshold: Double
        /// Which number of the vector; -1 for a leaf.
        var feature: Int32
        /// The node for values that go left; for leaves where their class counts begin.
        var left: Int32
        var right: Int32
        /// The question's number in `categorySets`; -1 where it is about a threshold.
        var categories: Int32
    }

    /// Categories that go left, and where all other values go.
    struct CategorySet {
        let members: [UInt64]
        let count: Int
        let othersGoLeft: Bool
    }

    private(set) var nodes: [Node] = []
    /// Where each tree begins.
    private(set) var roots: [Int32] = []
    private(set) var categorySets: [CategorySet] = []
    /// Counts of the classes at the leaves, `classCount` each.
    private(set) var leafCounts: [Double] = []

    /// Words of all sets together, and the most of them: 64 MB.
    private var categoryWords = 0
    private static let categoryWordsMaximum = 8 << 20

    /// Reads the nodes of all trees.
    ///
    /// - Parameters:
    ///   - prefix: What stands in front of the columns' names: `nodeData.` in forests.
    ///   - classCount: Numbers that each leaf keeps; 0 where they are not wanted.
    /// - Throws: `model_invalid` when they are no trees.
    init(
        _ data: StageData, prefix: String, isForest: Bool, classCount: Int, featureCount: Int
    ) throws(ServingError) {
        let rows = try TreeRows(data, prefix: prefix, isForest: isForest)
        let order = try rows.order()
        var start = 0
        while start < order.count {
            let tree = rows.trees[order[start]]
            var end = start
            while end < order.count, rows.trees[order[end]] == tree { end += 1 }
            try append(rows, order[start..<end], classCount, featureCount)
            start = end
        }
        guard !roots.isEmpty else { throw Damage.invalid("its data holds no tree") }
    }

    /// The leaf at which a vector arrives.
    @inline(__always)
    func leaf(_ root: Int32, _ values: UnsafeMutablePointer<Double>) -> Node {
        nodes.withUnsafeBufferPointer { nodes in
            var node = nodes[Int(root)]
            while node.feature >= 0 {
                let value = values[Int(node.feature)]
                let goesLeft =
                    node.categories < 0
                    ? value <= node.threshold : isLeft(value, Int(node.categories))
                node = nodes[Int(goesLeft ? node.left : node.right)]
            }
            return node
        }
    }

    private func isLeft(_ value: Double, _ set: Int) -> Bool {
        let set = categorySets[set]
        guard value >= 0, value < Double(set.count) else { return set.othersGoLeft }
        let category = Int(value)
        guard Double(category) == value else { return set.othersGoLeft }
        return set.members[category >> 6] >> UInt64(category & 63) & 1 == 1
    }

    private mutating func append(
        _ rows: TreeRows, _ order: ArraySlice<Int>, _ classCount: Int, _ featureCount: Int
    ) throws(ServingError) {
        let start = nodes.count
        guard start + order.count < Int(Int32.max) else { throw Damage.invalid("too many nodes") }
        roots.append(Int32(start))
        for (id, row) in order.enumerated() {
            guard rows.ids[row] == id else {
                throw Damage.invalid("a tree has a node \(rows.ids[row]) where \(id) belongs")
            }
            let (left, right) = (rows.lefts[row], rows.rights[row])
            if left < 0, right < 0 {
                try appendLeaf(rows, row, classCount)
                continue
            }
            // Children behind their parents: so a walk ends.
            guard left > id, right > id, left < order.count, right < order.count else {
                throw Damage.invalid("node \(id) of a tree has children \(left) and \(right)")
            }
            let feature = rows.features[row]
            guard feature >= 0, feature < featureCount else {
                throw Damage.invalid("a tree asks for feature \(feature) of \(featureCount)")
            }
            try appendSplit(rows, row, feature, left: start + left, right: start + right)
        }
    }

    private mutating func appendLeaf(_ rows: TreeRows, _ row: Int, _ classCount: Int)
        throws(ServingError)
    {
        let place = leafCounts.count
        if classCount > 0 {
            let range = rows.countRanges[row]
            guard range.count == classCount, place + classCount < Int(Int32.max) else {
                throw Damage.invalid("a leaf has counts of \(range.count) of \(classCount) classes")
            }
            leafCounts += rows.counts[range]
        }
        nodes.append(
            Node(
                threshold: rows.predictions[row], feature: -1, left: Int32(place), right: -1,
                categories: -1))
    }

    private mutating func appendSplit(
        _ rows: TreeRows, _ row: Int, _ feature: Int, left: Int, right: Int
    ) throws(ServingError) {
        var node = Node(
            threshold: 0, feature: Int32(feature), left: Int32(left), right: Int32(right),
            categories: -1)
        let values = rows.splitValues[rows.splitRanges[row]]
        let count = rows.categoryCounts[row]
        if count < 0 {
            guard let threshold = values.first, values.count == 1 else {
                throw Damage.invalid("a tree splits at \(values.count) thresholds at once")
            }
            node.threshold = threshold
        } else {
            guard count <= 1 << 20, values.allSatisfy({ $0 >= 0 && $0 < Double(count) }) else {
                throw Damage.invalid("a tree splits \(count) categories, some of which are none")
            }
            // A few bytes may claim very many categories for each of many nodes.
            categoryWords += (count + 63) / 64
            guard categoryWords <= Self.categoryWordsMaximum else {
                throw Damage.invalid("its trees split too many categories")
            }
            var members = [UInt64](repeating: 0, count: (count + 63) / 64)
            for value in values { members[Int(value) >> 6] |= 1 << UInt64(Int(value) & 63) }
            node.categories = Int32(categorySets.count)
            // Spark keeps the smaller side as a set; what is in neither goes with the other side.
            categorySets.append(
                CategorySet(
                    members: members, count: count, othersGoLeft: values.count > count / 2))
        }
        nodes.append(node)
    }
}

/// The columns of a saved tree model, a row a node.
struct TreeRows {
    let trees: [Int]
    let ids: [Int]
    let predictions: [Double]
    let lefts: [Int]
    let rights: [Int]
    let features: [Int]
    let categoryCounts: [Int]
    let splitRanges: [Range<Int>]
    let splitValues: [Double]
    let countRanges: [Range<Int>]
    let counts: [Double]

    init(_ data: StageData, prefix: String, isForest: Bool) throws(ServingError) {
        func whole(_ name: String) throws(ServingError) -> [Int] {
            try data.integers(prefix + name).map { $0 ?? -1 }
        }
        ids = try whole("id")
        trees = isForest ? try data.integers("treeID").map { $0 ?? -1 } : ids.map { _ in 0 }
        predictions = try data.doubles(prefix + "prediction").map { $0 ?? 0 }
        lefts = try whole("leftChild")
        rights = try whole("rightChild")
        features = try whole("split.featureIndex")
        categoryCounts = try whole("split.numCategories")
        (splitRanges, splitValues) = try data.doubleLists(
            prefix + "split.leftCategoriesOrThreshold")
        (countRanges, counts) = try data.doubleLists(prefix + "impurityStats")
    }

    /// The rows by tree and then by the number of the node.
    func order() throws(ServingError) -> [Int] {
        guard ids.allSatisfy({ $0 >= 0 }), trees.allSatisfy({ $0 >= 0 }) else {
            throw Damage.invalid("a node of a tree has no number")
        }
        return ids.indices.sorted { (trees[$0], ids[$0]) < (trees[$1], ids[$1]) }
    }
}
