import ServingCore

/// Finds the code for a saved stage by its class.
enum StageReader {
    private static let prefix = "org.apache.spark.ml."

    /// Reads one stage with what it learnt.
    ///
    /// - Throws: `model_invalid` for damage, and for a class or setting that is not run here.
    static func stage(_ saved: SavedStage) throws(ServingError) -> any Stage {
        guard saved.className.hasPrefix(prefix) else { throw refusal(saved) }
        let name = String(saved.className.dropFirst(prefix.count))
        do throws(ServingError) {
            if let stage = try feature(name, saved) { return stage }
            if let stage = try model(name, saved) { return stage }
        } catch {
            throw error.inContext("stage \(saved.uid) (\(saved.shortName))")
        }
        throw refusal(saved)
    }

    private static func feature(_ name: String, _ saved: SavedStage) throws(ServingError)
        -> (any Stage)?
    {
        switch name {
        case "feature.StringIndexerModel": return try StringIndexer(saved)
        case "feature.IndexToString": return try IndexToString(saved)
        case "feature.VectorAssembler": return try VectorAssembler(saved)
        case "feature.VectorSizeHint": return try VectorSizeHint(saved)
        case "feature.StandardScalerModel": return try AffineScaler(standard: saved)
        case "feature.MinMaxScalerModel": return try AffineScaler(minMax: saved)
        case "feature.MaxAbsScalerModel": return try AffineScaler(maxAbs: saved)
        case "feature.RobustScalerModel": return try AffineScaler(robust: saved)
        case "feature.ElementwiseProduct": return try AffineScaler(product: saved)
        case "feature.Normalizer": return try Normalizer(saved)
        case "feature.Binarizer": return try Binarizer(saved)
        case "feature.Bucketizer": return try Bucketizer(saved)
        case "feature.OneHotEncoderModel": return try OneHotEncoder(saved)
        case "feature.ImputerModel": return try Imputer(saved)
        case "feature.PCAModel": return try PrincipalComponents(saved)
        case "feature.PolynomialExpansion": return try PolynomialExpansion(saved)
        case "feature.VectorSlicer": return try VectorSlicer(slicer: saved)
        case "feature.ChiSqSelectorModel", "feature.UnivariateFeatureSelectorModel",
            "feature.VarianceThresholdSelectorModel":
            return try VectorSlicer(selector: saved)
        case "feature.Tokenizer": return try Tokenizer(saved)
        case "feature.RegexTokenizer": return try Tokenizer(regex: saved)
        case "feature.StopWordsRemover": return try StopWordsRemover(saved)
        case "feature.HashingTF": return try WordCounter(hashing: saved)
        case "feature.CountVectorizerModel": return try WordCounter(vocabulary: saved)
        case "feature.IDFModel": return try InverseDocumentFrequency(saved)
        default: return nil
        }
    }

    private static func model(_ name: String, _ saved: SavedStage) throws(ServingError)
        -> (any Stage)?
    {
        switch name {
        case "classification.LogisticRegressionModel": return try LinearClassifier(logistic: saved)
        case "classification.LinearSVCModel": return try LinearClassifier(supportVector: saved)
        case "classification.NaiveBayesModel": return try NaiveBayes(saved)
        case "classification.MultilayerPerceptronClassificationModel":
            return try MultilayerPerceptron(saved)
        case "classification.DecisionTreeClassificationModel":
            return try TreeModel(saved, .tree, classifies: true)
        case "classification.RandomForestClassificationModel":
            return try TreeModel(saved, .forest, classifies: true)
        case "classification.GBTClassificationModel":
            return try TreeModel(saved, .boosted, classifies: true)
        case "regression.DecisionTreeRegressionModel":
            return try TreeModel(saved, .tree, classifies: false)
        case "regression.RandomForestRegressionModel":
            return try TreeModel(saved, .forest, classifies: false)
        case "regression.GBTRegressionModel":
            return try TreeModel(saved, .boosted, classifies: false)
        case "regression.LinearRegressionModel": return try LinearRegression(saved)
        case "regression.GeneralizedLinearRegressionModel":
            return try LinearRegression(generalized: saved)
        case "clustering.KMeansModel": return try KMeans(saved)
        default: return nil
        }
    }

    private static func refusal(_ saved: SavedStage) -> ServingError {
        ServingError(
            .modelInvalid,
            "stage \(saved.uid.clipped()) is a \(saved.className.clipped()), which is not run "
                + "natively; set engine: python for this model, which runs it with Spark itself")
    }
}
