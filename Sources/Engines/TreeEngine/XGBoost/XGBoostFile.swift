import ServingCore

/// What an XGBoost model file says, of whichever form, before it is put to use.
struct XGBoostFile {
    /// The form, for messages and metadata: `JSON`.
    var form = "JSON"
    var version: [Int] = []
    /// `gbtree`, `dart` or `gblinear`.
    var booster = ""
    var objective = ""
    var featureCount = 0
    var featureNames: [String] = []
    /// `num_class`; 0 where there are none.
    var classCount = 0
    var targetCount = 1
    /// As it is written: a probability for logistic objectives.
    var baseScores: [Float] = []
    /// Whether `baseScores` is a margin, as the binary form had it before version 1.0.
    var isBaseScoreMargin = false
    var builder: ForestBuilder<Float>
    /// The output of each tree.
    var treeGroups: [Int32] = []
    /// Trees of one iteration and output.
    var parallelTrees = 1
    /// The first tree of each iteration, and the end; empty in files before version 2.
    var iterationStarts: [Int32] = []
    /// DART's weight of each tree.
    var treeWeights: [Float] = []
    /// gblinear's weights: a row of outputs for each feature, and the biases.
    var linearWeights: [Float]?
    var attributes: [String: String] = [:]

    init(_ wanted: ForestBuilder<Float>.Wanted) { builder = ForestBuilder(wanted) }

    /// Outputs of the trees: classes, targets or 1.
    var groupCount: Int { max(classCount, targetCount, 1) }

    /// The iteration that early stopping found best; nil when none is recorded.
    var bestIteration: Int? { attributes["best_iteration"].flatMap { Int($0) } }

    /// Most classes or targets, and features, that are believed.
    static let groupsMaximum = 1 << 16
    static let featuresMaximum = 1 << 24

    /// Checks what the parts say against each other.
    ///
    /// - Throws: `model_invalid`.
    func check() throws(ServingError) {
        let known = linearWeights != nil ? ["gblinear"] : ["gbtree", "dart"]
        try require(known.contains(booster), "the booster '\(booster.clipped(to: 64))'")
        try require((1...Self.featuresMaximum).contains(featureCount), "\(featureCount) features")
        try require(
            (0...Self.groupsMaximum).contains(classCount)
                && (0...Self.groupsMaximum).contains(targetCount),
            "\(classCount) classes and \(targetCount) targets")
        try require(!baseScores.isEmpty, "no base_score")
        try require(
            baseScores.count == 1 || baseScores.count == groupCount,
            "\(baseScores.count) base scores for \(groupCount) outputs")
        try require(baseScores.allSatisfy(\.isFinite), "a base_score that is not finite")
        if let linearWeights {
            let (count, overflow) = (featureCount + 1).multipliedReportingOverflow(by: groupCount)
            try require(
                !overflow && (linearWeights.count == count || linearWeights.isEmpty),
                "\(linearWeights.count) weights for \(featureCount) features")
        } else {
            try checkTrees()
        }
    }

    private func checkTrees() throws(ServingError) {
        let count = builder.trees.count
        try require(
            Int(builder.featureMaximum) < featureCount,
            "a split on feature \(builder.featureMaximum) of \(featureCount)")
        try require(
            treeGroups.count == count, "tree_info for \(treeGroups.count) of \(count) trees")
        try require(
            treeGroups.allSatisfy { $0 >= 0 && Int($0) < groupCount },
            "a tree for an output beyond \(groupCount)")
        try require(
            builder.leafWidth == 1 || builder.leafWidth == groupCount,
            "leaves of \(builder.leafWidth) values for \(groupCount) outputs")
        try require(
            booster != "dart" || treeWeights.count == count,
            "\(treeWeights.count) weights of \(count) trees")
        if booster == "dart", builder.leafWidth > 1 {
            throw ServingError(.modelInvalid, "DART with multi_output_tree is not supported")
        }
        try require((1...(1 << 24)).contains(parallelTrees), "num_parallel_tree \(parallelTrees)")
        var last: Int32 = 0
        for start in iterationStarts {
            try require(start >= last && Int(start) <= count, "iteration_indptr with \(start)")
            last = start
        }
        try require(
            iterationStarts.isEmpty || Int(last) == count, "iteration_indptr that ends at \(last)")
    }

    private func require(_ holds: Bool, _ words: @autoclosure () -> String) throws(ServingError) {
        if !holds {
            throw ServingError(.modelInvalid, "the model has \(words())")
        }
    }

    /// The first tree of each iteration, and the end.
    func iterations() throws(ServingError) -> [Int] {
        if !iterationStarts.isEmpty { return iterationStarts.map(Int.init) }
        let layer = parallelTrees * (builder.leafWidth > 1 ? 1 : groupCount)
        let count = builder.trees.count
        guard count % layer == 0 else {
            throw ServingError(
                .modelInvalid, "the model has \(count) trees, which is no multiple of \(layer)")
        }
        return Array(stride(from: 0, through: count, by: layer))
    }
}
