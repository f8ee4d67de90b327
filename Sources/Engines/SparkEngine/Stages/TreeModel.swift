import Glibc
import ServingCore

/// Decision trees, random forests and boosted trees, for classes and for numbers.
struct TreeModel: Stage {
    enum Ensemble {
        case tree, forest, boosted
    }

    let inputs: [StageInput]
    let outputs: [String]
    private let ensemble: Ensemble
    private let columns: ClassifierColumns?
    private let trees: TreeNodes
    private let weights: [Double]
    private let featureCount: Int

    init(_ saved: SavedStage, _ ensemble: Ensemble, classifies: Bool) throws(ServingError) {
        self.ensemble = ensemble
        featureCount = try saved.count("numFeatures")
        let features: String
        if classifies {
            let classes = ensemble == .boosted ? 2 : try saved.count("numClasses")
            let columns = try ClassifierColumns(saved, classCount: classes)
            (self.columns, outputs, features) = (columns, columns.names, columns.features)
        } else {
            try saved.refuseLeaves()
            columns = nil
            outputs = [try saved.text("predictionCol", "prediction")]
            features = try saved.text("featuresCol", "features")
        }
        inputs = [StageInput(features, .vector(featureCount))]
        let isForest = ensemble != .tree
        trees = try TreeNodes(
            try saved.data(), prefix: isForest ? "nodeData." : "", isForest: isForest,
            classCount: ensemble == .boosted ? 0 : columns?.classCount ?? 0,
            featureCount: featureCount)
        if isForest, try saved.count("numTrees") != trees.roots.count {
            throw saved.invalid(
                "its data holds \(trees.roots.count) of \(try saved.count("numTrees")) trees; copy "
                    + "the whole directory")
        }
        weights = ensemble == .boosted ? try Self.weights(saved, trees.roots.count) : []
    }

    private static func weights(_ saved: SavedStage, _ count: Int) throws(ServingError) -> [Double]
    {
        let data = try saved.data("treesMetadata")
        // Spark 4 lost the names of these columns.
        let isNamed = data.has("treeID")
        let numbers = try data.integers(isNamed ? "treeID" : "_1")
        let weights = try data.doubles(isNamed ? "weights" : "_3")
        guard numbers.compactMap(\.self).sorted() == Array(0..<count) else {
            throw saved.invalid("it has \(weights.count) weights for \(count) trees")
        }
        return weights.indices.sorted { numbers[$0] ?? 0 < numbers[$1] ?? 0 }.map {
            weights[$0] ?? 0
        }
    }

    var isModel: Bool { true }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        try require(inputs[0], width: featureCount)
        return columns?.kinds ?? [.number]
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        guard let columns else {
            return TreeSumKernel(
                input: inputs[0], output: outputs[0], trees: trees, weights: weights,
                divisor: ensemble == .forest ? Double(trees.roots.count) : 1)
        }
        guard ensemble == .boosted else {
            return TreeVoteKernel(
                input: inputs[0], outputs: outputs, trees: trees, isForest: ensemble == .forest,
                thresholds: columns.thresholds)
        }
        return BoostedClassKernel(
            sum: TreeSumKernel(
                input: inputs[0], output: outputs[2], trees: trees, weights: weights, divisor: 1),
            outputs: outputs, thresholds: columns.thresholds)
    }
}

/// Adds up what the trees predict.
struct TreeSumKernel: Kernel {
    let input: Slot
    let output: Slot
    let trees: TreeNodes
    /// A tree's weight; empty where all have the same.
    let weights: [Double]
    let divisor: Double

    func run(_ frame: Frame) throws(ServingError) {
        let values = frame.numbers[input.index]
        let sums = frame.numbers[output.index]
        sums.update(repeating: 0, count: frame.rows)
        // Tree after tree, so that a tree's nodes stay at hand for all rows.
        for (place, root) in trees.roots.enumerated() {
            let weight = weights.isEmpty ? 1 : weights[place]
            for row in 0..<frame.rows {
                sums[row] += trees.leaf(root, values + row * input.width).threshold * weight
            }
        }
        if divisor != 1 { for row in 0..<frame.rows { sums[row] /= divisor } }
    }
}

/// Lets trees vote with the class counts of their leaves.
struct TreeVoteKernel: Kernel {
    let input: Slot
    let outputs: [Slot]
    let trees: TreeNodes
    /// Whether counts are made shares before they are added up.
    let isForest: Bool
    let thresholds: [Double]?

    func run(_ frame: Frame) throws(ServingError) {
        let count = outputs[0].width
        let raw = frame.numbers[outputs[0].index]
        raw.update(repeating: 0, count: frame.rows * count)
        for root in trees.roots {
            for row in 0..<frame.rows {
                let leaf = trees.leaf(root, frame.numbers[input.index] + row * input.width)
                vote(Int(leaf.left), raw + row * count, count)
            }
        }
        for row in 0..<frame.rows {
            let raw = raw + row * count
            let probability = frame.numbers[outputs[1].index] + row * count
            Classes.normalise(raw, probability, count)
            frame.numbers[outputs[2].index][row] = Classes.winner(
                raw: raw, probability: probability, count, thresholds)
        }
    }

    private func vote(_ start: Int, _ raw: UnsafeMutablePointer<Double>, _ count: Int) {
        var total = 1.0
        if isForest {
            total = 0
            for index in 0..<count { total += trees.leafCounts[start + index] }
            if total == 0 { return }
        }
        for index in 0..<count { raw[index] += trees.leafCounts[start + index] / total }
    }
}

/// Makes two classes of a sum.
struct BoostedClassKernel: Kernel {
    /// Writes into the place of the answers.
    let sum: TreeSumKernel
    let outputs: [Slot]
    let thresholds: [Double]?

    func run(_ frame: Frame) throws(ServingError) {
        try sum.run(frame)
        for row in 0..<frame.rows {
            let raw = frame.numbers[outputs[0].index] + 2 * row
            let probability = frame.numbers[outputs[1].index] + 2 * row
            let margin = frame.numbers[outputs[2].index][row]
            (raw[0], raw[1]) = (-margin, margin)
            probability[0] = 1 / (1 + exp(2 * margin))
            probability[1] = 1 - probability[0]
            frame.numbers[outputs[2].index][row] = Classes.winner(
                raw: raw, probability: probability, 2, thresholds)
        }
    }
}
