import EngineDocuments
import EngineInterface
import ServingCore
import Tensors

/// A model read from its file, ready to run.
struct TreeModelContent: Sendable {
    /// What runs it.
    enum Body: Sendable {
        case xgboost(TreePredictor<XGBoostObjective>)
        case linear(LinearPredictor)
        case lightgbm(TreePredictor<LightGBMObjective>)
    }

    let body: Body
    let platform: String
    let featureCount: Int
    /// Margins of a row.
    let groupCount: Int
    /// Values of a row's prediction.
    let predictionWidth: Int
    /// Trees that take part.
    let treeCount: Int
    /// The types of the input and of the floating-point outputs.
    let inputType: ElementType
    let outputType: ElementType
    let properties: [(key: String, value: String)]

    /// Reads the bytes of a model.
    ///
    /// - Throws: `model_invalid`; `configuration_invalid` for options that the model cannot follow.
    init(
        _ bytes: UnsafeRawBufferPointer, _ options: TreeOptions
    ) throws(ServingError) {
        switch TreeFormat(bytes) {
        case .xgboostJSON:
            let reader = JSONReader(bytes, allowsNonFinite: true)
            try self.init(
                try XGBoostDocument.read(reader, form: "JSON", Self.wanted(options)), options)
        case .xgboostUBJSON:
            let reader = UBJSONReader(bytes)
            try self.init(
                try XGBoostDocument.read(reader, form: "UBJSON", Self.wanted(options)), options)
        case .xgboostBinary:
            try self.init(try XGBoostBinary.read(bytes, Self.wanted(options)), options)
        case .lightgbm:
            try self.init(try LightGBMFile.read(bytes, Self.wanted(options)), options)
        case nil:
            throw Self.unknown(bytes)
        }
    }

    private static func unknown(_ bytes: UnsafeRawBufferPointer) -> ServingError {
        guard !bytes.isEmpty else {
            return ServingError(.modelInvalid, "the file is empty; copy it again")
        }
        guard !bytes.starts(with: Array("version https://git-lfs".utf8)) else {
            return ServingError(
                .modelInvalid, "the file is a pointer of git lfs, not the model; run 'git lfs pull'"
            )
        }
        return ServingError(
            .modelInvalid,
            "the file is neither an XGBoost model (JSON, UBJSON or the old binary form) nor a "
                + "LightGBM model (text); it begins with '\(TreeFormat.beginning(of: bytes))'")
    }

    private static func wanted<Scalar: ForestScalar>(
        _ options: TreeOptions
    ) -> ForestBuilder<Scalar>.Wanted {
        let explains = options.outputs.contains(.contributions)
        return .init(
            identifiers: explains || options.outputs.contains(.leaf), covers: explains)
    }

    private init(_ file: XGBoostFile, _ options: TreeOptions) throws(ServingError) {
        try file.check()
        let objective = try XGBoostObjective(file.objective)
        if options.outputs.contains(.class), !XGBoostObjective.isClassifier(file.objective) {
            throw Self.noClasses(file.objective)
        }
        groupCount = file.groupCount
        featureCount = file.featureCount
        predictionWidth = objective.width(of: groupCount)
        inputType = options.inputType ?? .float32
        outputType = .float32
        var properties = file.properties
        let base = try file.baseMargins(objective)
        let missing = options.missing.map { Float($0) } ?? .nan
        if let weights = file.linearWeights {
            guard options.iterations == .best || options.iterations == .all else {
                throw Self.noIterations("gblinear has no iterations to choose from")
            }
            guard !options.outputs.contains(.leaf) else {
                throw ServingError(
                    .configurationInvalid, "option 'outputs' has 'leaf'; gblinear has no leaves")
            }
            treeCount = 0
            platform = "xgboost_gblinear"
            let count = (featureCount + 1) * groupCount
            body = .linear(
                LinearPredictor(
                    objective: objective, featureCount: featureCount, groupCount: groupCount,
                    base: base[0],
                    weights: weights.isEmpty ? [Float](repeating: 0, count: count) : weights,
                    missing: missing))
        } else {
            let iterations = try file.iterations()
            let range = try Self.range(
                options.iterations, best: file.bestIteration, count: iterations.count - 1)
            var builder = file.builder
            let forest = builder.finish(
                iterations[range.lowerBound]..<iterations[range.upperBound],
                groups: file.treeGroups.map { UInt32($0) }, weights: file.treeWeights,
                flushesTiny: false)
            let contributions =
                options.outputs.contains(.contributions)
                ? try Contributions(forest, featureCount: featureCount, sumsApart: true) : nil
            treeCount = forest.trees.count
            platform = "xgboost"
            properties.append(("iterations", "\(range.lowerBound):\(range.upperBound)"))
            body = .xgboost(
                TreePredictor(
                    forest: forest, objective: objective, featureCount: featureCount, base: base,
                    divisor: 1, missing: missing, contributions: contributions))
        }
        self.properties = properties
    }

    private init(_ file: LightGBMFile, _ options: TreeOptions) throws(ServingError) {
        let objective = try LightGBMObjective(file.objective)
        if options.outputs.contains(.class), !LightGBMObjective.isClassifier(file.objective) {
            throw Self.noClasses(file.objective ?? "custom")
        }
        guard options.missing == nil else {
            throw ServingError(
                .configurationInvalid,
                "option 'missing' is XGBoost's; a LightGBM model says itself what is missing")
        }
        groupCount = file.groupCount
        featureCount = file.featureCount
        predictionWidth = groupCount
        inputType = options.inputType ?? .float64
        outputType = inputType
        platform = "lightgbm"
        let range = try Self.range(
            options.iterations, best: nil, count: file.builder.trees.count / groupCount)
        var builder = file.builder
        let groups = (0..<builder.trees.count).map { UInt32($0 % file.groupCount) }
        let forest = builder.finish(
            range.lowerBound * groupCount..<range.upperBound * groupCount, groups: groups,
            weights: [], flushesTiny: true)
        let contributions =
            options.outputs.contains(.contributions)
            ? try Contributions(forest, featureCount: featureCount, sumsApart: false) : nil
        treeCount = forest.trees.count
        properties =
            file.properties + [("iterations", "\(range.lowerBound):\(range.upperBound)")]
        body = .lightgbm(
            TreePredictor(
                forest: forest, objective: objective, featureCount: featureCount,
                base: [Double](repeating: 0, count: groupCount),
                divisor: file.averages ? Double(max(range.count, 1)) : 1, missing: .nan,
                contributions: contributions))
    }

    /// The iterations that take part.
    private static func range(
        _ wanted: TreeOptions.Iterations, best: Int?, count: Int
    ) throws(ServingError) -> Range<Int> {
        switch wanted {
        case .all: return 0..<count
        case .best:
            guard let best, best >= 0, best < count else { return 0..<count }
            return 0..<best + 1
        case .range(let range):
            guard range.upperBound <= count else {
                throw noIterations("the model has \(count) iterations")
            }
            return range
        }
    }

    private static func noIterations(_ words: String) -> ServingError {
        ServingError(.configurationInvalid, "option 'iteration_range': \(words)")
    }

    private static func noClasses(_ objective: String) -> ServingError {
        ServingError(
            .configurationInvalid,
            "option 'outputs' has 'class', but the objective '\(objective.clipped(to: 64))' makes "
                + "no classes")
    }
}
