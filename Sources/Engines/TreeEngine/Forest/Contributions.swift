import ServingCore

/// What each feature adds to a row's margin: SHAP values for trees (Lundberg, Erion and Lee, 2018,
/// algorithm 2), in the order of operations of XGBoost's and LightGBM's own code.
struct Contributions<Scalar: ForestScalar>: Sendable {
    /// A feature on the way from the root.
    private struct Step: BitwiseCopyable {
        var feature: Int32
        var zeroFraction: Scalar
        var oneFraction: Scalar
        var weight: Scalar
    }

    /// Deepest trees; the work grows with the square of the depth.
    static var depthMaximum: Int { 512 }

    private let forest: Forest<Scalar>
    private let featureCount: Int
    /// What each tree gives without knowing any feature.
    private let expectations: [Scalar]
    /// Whether each tree's values are summed apart before they are added, as XGBoost does.
    private let sumsApart: Bool

    /// Prepares.
    ///
    /// - Throws: `model_invalid` when the model lacks the covers, has vectors for leaves, or is too
    ///   deep.
    init(_ forest: Forest<Scalar>, featureCount: Int, sumsApart: Bool) throws(ServingError) {
        guard forest.leafWidth == 1 else {
            throw ServingError(
                .modelInvalid, "contributions of a multi_output_tree model are not supported")
        }
        for tree in forest.trees {
            guard tree.depth <= Self.depthMaximum else {
                throw ServingError(
                    .modelInvalid,
                    "contributions of a tree of depth \(tree.depth); the most is "
                        + "\(Self.depthMaximum)")
            }
            let root = Int(tree.root)
            guard tree.depth == 0 || forest.covers[root] > 0 else {
                throw ServingError(
                    .modelInvalid,
                    "the model does not say how many rows its nodes saw, which contributions need")
            }
        }
        self.forest = forest
        self.featureCount = featureCount
        self.sumsApart = sumsApart
        expectations = forest.trees.map {
            sumsApart
                ? Self.meanOfNodes(forest, Int($0.root))
                : Self.meanOfLeaves(forest, Int($0.root))
        }
    }

    /// XGBoost: from the leaves up, weighted with the covers of the children.
    private static func meanOfNodes(_ forest: Forest<Scalar>, _ index: Int) -> Scalar {
        let node = forest.nodes[index]
        if node.slot == 0 { return node.value }
        let child = Int(node.child)
        var sum = meanOfNodes(forest, child) * forest.covers[child]
        sum += meanOfNodes(forest, child + 1) * forest.covers[child + 1]
        return sum / forest.covers[index]
    }

    /// LightGBM: over the leaves in the order of their numbers.
    private static func meanOfLeaves(_ forest: Forest<Scalar>, _ root: Int) -> Scalar {
        if forest.nodes[root].slot == 0 { return forest.nodes[root].value }
        var leaves: [(number: Int32, cover: Scalar, value: Scalar)] = []
        var open = [root]
        while let index = open.popLast() {
            let node = forest.nodes[index]
            if node.slot == 0 {
                leaves.append((forest.identifiers[index], forest.covers[index], node.value))
            } else {
                let child = Int(node.child)
                open += [child, child + 1]
            }
        }
        return leaves.sorted { $0.number < $1.number }.reduce(0) {
            $0 + ($1.cover / forest.covers[root]) * $1.value
        }
    }

    /// Computes a row's contributions.
    ///
    /// - Parameters:
    ///   - row: A prepared row.
    ///   - base: The margins before any tree.
    ///   - sums: Room for a value for each output, and in it each feature and the bias.
    func compute(
        _ row: UnsafeRawPointer, base: [Scalar], into sums: UnsafeMutablePointer<Scalar>
    ) {
        let width = featureCount + 1
        sums.update(repeating: 0, count: base.count * width)
        let depth = Int(forest.trees.map(\.depth).max() ?? 0) + 2
        let empty = Step(feature: -1, zeroFraction: 0, oneFraction: 0, weight: 0)
        var path = [Step](repeating: empty, count: (depth * (depth + 1)) / 2 + depth)
        var apart = [Scalar](repeating: 0, count: sumsApart ? width : 0)
        for (tree, expectation) in zip(forest.trees, expectations) {
            let target = sums + Int(tree.group) * width
            path.withUnsafeMutableBufferPointer { path in
                guard let path = path.baseAddress else { return }
                if sumsApart {
                    apart.withUnsafeMutableBufferPointer { apart in
                        guard let apart = apart.baseAddress else { return }
                        apart.update(repeating: 0, count: width)
                        apart[featureCount] = expectation
                        walk(tree.root, row, path, 0, 1, 1, -1, apart)
                        for index in 0..<width { target[index] += apart[index] }
                    }
                } else {
                    target[featureCount] += expectation
                    if tree.depth > 0 { walk(tree.root, row, path, 0, 1, 1, -1, target) }
                }
            }
        }
        for (group, margin) in base.enumerated() { sums[group * width + featureCount] += margin }
    }

    /// Goes down to the leaves, and adds each leaf's part to the features on the way to it.
    private func walk(
        _ index: UInt32, _ row: UnsafeRawPointer, _ parent: UnsafeMutablePointer<Step>,
        _ parentDepth: Int, _ zeroFraction: Scalar, _ oneFraction: Scalar, _ feature: Int32,
        _ sums: UnsafeMutablePointer<Scalar>
    ) {
        var depth = parentDepth
        let path = parent + depth
        path.update(from: parent, count: depth)
        extend(path, depth, zeroFraction, oneFraction, feature)
        let node = forest.node(at: index)
        if node.slot == 0 {
            for index in stride(from: 1, through: depth, by: 1) {
                let weight = unwoundSum(path, depth, index)
                let step = path[index]
                sums[Int(step.feature)] +=
                    weight * (step.oneFraction - step.zeroFraction) * node.value
            }
            return
        }
        let hot = forest.next(node, row)
        let cold =
            hot == node.child ? node.child &+ 1 : node.child
        let cover = self.cover(index)
        let hotFraction = self.cover(hot) / cover
        let coldFraction = self.cover(cold) / cover
        let slot = Int(node.slot / UInt32(MemoryLayout<Scalar>.size)) - 1
        let split = Int32(truncatingIfNeeded: forest.slots[slot].feature)
        var (incomingZero, incomingOne) = (Scalar(1), Scalar(1))
        if let index = (0...depth).first(where: { path[$0].feature == split }) {
            incomingZero = path[index].zeroFraction
            incomingOne = path[index].oneFraction
            unwind(path, depth, index)
            depth -= 1
        }
        walk(
            hot, row, path, depth + 1, hotFraction * incomingZero, incomingOne, split, sums)
        walk(cold, row, path, depth + 1, coldFraction * incomingZero, 0, split, sums)
    }

    private func cover(_ index: UInt32) -> Scalar {
        forest.covers[Int(index)]
    }

    private func extend(
        _ path: UnsafeMutablePointer<Step>, _ depth: Int, _ zeroFraction: Scalar,
        _ oneFraction: Scalar, _ feature: Int32
    ) {
        path[depth] = Step(
            feature: feature, zeroFraction: zeroFraction, oneFraction: oneFraction,
            weight: depth == 0 ? 1 : 0)
        let length = Scalar(depth + 1)
        for index in stride(from: depth - 1, through: 0, by: -1) {
            path[index + 1].weight += oneFraction * path[index].weight * Scalar(index + 1) / length
            path[index].weight = zeroFraction * path[index].weight * Scalar(depth - index) / length
        }
    }

    private func unwind(_ path: UnsafeMutablePointer<Step>, _ depth: Int, _ place: Int) {
        let (one, zero) = (path[place].oneFraction, path[place].zeroFraction)
        let length = Scalar(depth + 1)
        var next = path[depth].weight
        for index in stride(from: depth - 1, through: 0, by: -1) {
            if one != 0 {
                let weight = path[index].weight
                path[index].weight = next * length / (Scalar(index + 1) * one)
                next = weight - path[index].weight * zero * Scalar(depth - index) / length
            } else {
                path[index].weight = path[index].weight * length / (zero * Scalar(depth - index))
            }
        }
        for index in place..<depth {
            path[index].feature = path[index + 1].feature
            path[index].zeroFraction = path[index + 1].zeroFraction
            path[index].oneFraction = path[index + 1].oneFraction
        }
    }

    private func unwoundSum(
        _ path: UnsafeMutablePointer<Step>, _ depth: Int, _ place: Int
    ) -> Scalar {
        let (one, zero) = (path[place].oneFraction, path[place].zeroFraction)
        let length = Scalar(depth + 1)
        var next = path[depth].weight
        var total: Scalar = 0
        for index in stride(from: depth - 1, through: 0, by: -1) {
            let part = Scalar(depth - index) / length
            if one != 0 {
                let weight = next * length / (Scalar(index + 1) * one)
                total += weight
                next = path[index].weight - weight * zero * part
            } else if zero != 0 {
                total += (path[index].weight / zero) / part
            }
        }
        return total
    }
}
