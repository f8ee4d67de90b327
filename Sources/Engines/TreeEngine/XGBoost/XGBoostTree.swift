import EngineDocuments
import ServingCore

/// One tree of XGBoost's JSON or UBJSON: arrays with an element a node.
struct XGBoostTree {
    private var left: [Int32] = []
    private var right: [Int32] = []
    private var features: [Int32] = []
    private var conditions: [Float] = []
    private var baseWeights: [Float] = []
    private var leafWeights: [Float]?
    private var covers: [Float] = []
    private var defaultLeft: [UInt8] = []
    private var splitTypes: [UInt8] = []
    private var categories: [Int32] = []
    private var categoryNodes: [Int32] = []
    private var categoryStarts: [Int32] = []
    private var categoryCounts: [Int32] = []
    private var leafWidth = 1

    /// Reads the tree at the reader's position.
    mutating func read(_ reader: inout some DocumentReader) throws(ServingError) {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            switch key {
            case "left_children": left = try reader.readInt32s()
            case "right_children": right = try reader.readInt32s()
            case "split_indices": features = try reader.readInt32s()
            case "split_conditions": conditions = try reader.readFloats()
            case "base_weights": baseWeights = try reader.readFloats()
            case "leaf_weights": leafWeights = try reader.readFloats()
            case "sum_hessian": covers = try reader.readFloats()
            case "default_left": defaultLeft = try reader.readFlags()
            case "split_type": splitTypes = try reader.readFlags()
            case "categories": categories = try reader.readInt32s()
            case "categories_nodes": categoryNodes = try reader.readInt32s()
            case "categories_segments": categoryStarts = try reader.readInt32s()
            case "categories_sizes": categoryCounts = try reader.readInt32s()
            case "tree_param": try readParameters(&reader)
            default: try reader.skipValue()
            }
        }
    }

    private mutating func readParameters(
        _ reader: inout some DocumentReader
    ) throws(ServingError) {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            guard key == "size_leaf_vector" else {
                try reader.skipValue()
                continue
            }
            let text = try reader.readString()
            guard let width = Int(text), (0...XGBoostFile.groupsMaximum).contains(width) else {
                throw reader.failure("size_leaf_vector '\(text.clipped(to: 64))'")
            }
            leafWidth = max(width, 1)
        }
    }

    /// Adds the tree to a forest.
    ///
    /// - Throws: `model_invalid` for arrays of different lengths, and as the builder does.
    func add(to builder: inout ForestBuilder<Float>) throws(ServingError) {
        let count = left.count
        let lengths = [
            right.count, features.count, conditions.count, defaultLeft.count,
            splitTypes.isEmpty ? count : splitTypes.count, covers.isEmpty ? count : covers.count,
        ]
        guard lengths.allSatisfy({ $0 == count }) else {
            throw ServingError(
                .modelInvalid, "\(count) nodes with arrays of the lengths \(lengths)")
        }
        let sets = try addCategories(to: &builder)
        let values = try leafValues(&builder)
        var table = TreeTable<Float>(nodes: [])
        table.nodes.reserveCapacity(count)
        for index in 0..<count {
            var node = TreeTable<Float>.Node(kind: .leaf)
            node.cover = covers.isEmpty ? 0 : covers[index]
            node.identifier = Int32(truncatingIfNeeded: index)
            if left[index] == -1 {
                node.value = try values(index)
            } else {
                node.kind = .below
                node.left = left[index]
                node.right = right[index]
                node.feature = features[index]
                node.value = conditions[index]
                node.missingGoesLeft = defaultLeft[index] == 1
                if !splitTypes.isEmpty, splitTypes[index] == 1 {
                    guard let set = sets[Int32(truncatingIfNeeded: index)] else {
                        throw ServingError(.modelInvalid, "node \(index) has no categories")
                    }
                    node.kind = .categoriesRight
                    node.categories = set
                }
            }
            table.nodes.append(node)
        }
        try builder.add(table)
    }

    /// The set of each node that has one.
    private func addCategories(
        to builder: inout ForestBuilder<Float>
    ) throws(ServingError) -> [Int32: UInt32] {
        guard categoryNodes.count == categoryStarts.count,
            categoryNodes.count == categoryCounts.count
        else { throw ServingError(.modelInvalid, "segments of categories that do not match") }
        guard categories.allSatisfy({ (0..<(1 << 24)).contains($0) }) else {
            throw ServingError(.modelInvalid, "a category below 0 or beyond \(1 << 24)")
        }
        var sets: [Int32: UInt32] = [:]
        var used = 0
        for (index, node) in categoryNodes.enumerated() {
            let start = Int(categoryStarts[index])
            let count = Int(categoryCounts[index])
            used += max(count, 0)
            // The sets of a tree do not overlap, so that they take no more than the file.
            guard start >= 0, count > 0, start + count <= categories.count,
                used <= categories.count, sets[node] == nil
            else { throw ServingError(.modelInvalid, "categories \(start), \(count) of a node") }
            sets[node] = builder.categories.add(
                categories[start..<start + count].map { UInt32($0) })
        }
        return sets
    }

    /// A function that gives the value of a leaf, or the number of its vector.
    private func leafValues(
        _ builder: inout ForestBuilder<Float>
    ) throws(ServingError) -> (Int) throws(ServingError) -> Float {
        if builder.trees.isEmpty { builder.leafWidth = leafWidth }
        guard builder.leafWidth == leafWidth else {
            throw ServingError(.modelInvalid, "leaves of \(leafWidth) values among others")
        }
        let conditions = conditions
        if leafWidth == 1 { return { (index) throws(ServingError) in conditions[index] } }
        // Since version 3.1 leaves have an array of their own, and a leaf's right child is its place
        // there; before, a leaf's weights lie among those of all nodes.
        let vectors = leafWeights ?? baseWeights
        guard vectors.count % leafWidth == 0 else {
            throw ServingError(.modelInvalid, "\(vectors.count) weights of \(leafWidth) each")
        }
        let first = builder.leafVectors.count / leafWidth
        let count = vectors.count / leafWidth
        builder.leafVectors += vectors
        let right = leafWeights == nil ? nil : right
        return { (index) throws(ServingError) in
            let place = right.map { Int($0[index]) } ?? index
            guard place >= 0, place < count, let number = UInt32(exactly: first + place) else {
                throw ServingError(.modelInvalid, "leaf \(index) without weights")
            }
            return Float(number: number)
        }
    }
}
