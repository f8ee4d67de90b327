import Inference
import ServingCore
import Tensors

/// Which outputs of a signature classify, and how their columns are called.
///
/// The scores are the output named `scores`, `probabilities`, `output_probability` or `probability`,
/// or else the only floating-point output of two dimensions. The labels are, in this order: an output
/// `classes`, or another label output of two dimensions; the names that the model's file gives the
/// columns (property `classes.OUTPUT`); nothing, as with TensorFlow Serving. A model without scores
/// may still have an output with one label a row.
struct ClassificationPlan: Sendable {
    private static let scoreNames = [
        "scores", "probabilities", "output_probability", "probability",
    ]
    private static let labelNames = ["classes", "labels", "label", "output_label"]

    /// The output with the scores; nil for a model that has only labels.
    let scores: String?
    /// The output with the labels; nil when they come from the file or there are none.
    let classes: String?
    /// The labels of the columns, from the file; empty without.
    let columnLabels: [String]

    /// The outputs that have to be computed.
    var outputNames: [String] { [classes, scores].compactMap { $0 } }

    /// Looks for the outputs.
    ///
    /// - Throws: `invalid_request` when the signature does not classify.
    init(_ signature: ModelSignature, _ metadata: ModelMetadata) throws(ServingError) {
        let scores = Self.scores(signature)
        let labels = Self.labels(signature)
        guard scores != nil || labels != nil else {
            throw ServingError(
                .invalidRequest,
                "Expected classification signature outputs to contain at least one of "
                    + "\"classes\" or \"scores\". Signature was: "
                    + "\(ExampleOutputs.list(signature.outputs)); use ':predict' or give the "
                    + "model an output 'scores' of shape [batch, classes]")
        }
        self.scores = scores?.name
        if scores == nil {
            classes = labels?.name
        } else {
            classes = labels.flatMap { Self.isPerClass($0) ? $0.name : nil }
        }
        columnLabels =
            classes == nil ? scores.map { ClassLabels.labels(of: $0.name, metadata) } ?? [] : []
    }

    private static func scores(_ signature: ModelSignature) -> TensorSpecification? {
        for name in scoreNames {
            let named = signature.outputs.first { $0.name == name }
            if let named, named.elementType.isFloatingPoint || name == scoreNames[0] {
                return named
            }
        }
        let matrices = signature.outputs.filter {
            $0.elementType.isFloatingPoint && $0.dimensions?.count == 2
                && $0.dimensions?.last != .fixed(1)
        }
        return matrices.count == 1 ? matrices[0] : nil
    }

    private static func labels(_ signature: ModelSignature) -> TensorSpecification? {
        for name in labelNames {
            let named = signature.outputs.first { $0.name == name }
            if let named, ExampleOutputs.areLabels(named.elementType) || name == labelNames[0] {
                return named
            }
        }
        let texts = signature.outputs.filter { $0.elementType == .bytes }
        return texts.count == 1 ? texts[0] : nil
    }

    /// Whether a label output names each class of a row, rather than the one that a row belongs to.
    private static func isPerClass(_ labels: TensorSpecification) -> Bool {
        guard let dimensions = labels.dimensions else { return labels.name == labelNames[0] }
        return dimensions.count == 2 && dimensions[1] != .fixed(1)
    }
}

extension ClassificationPlan {
    /// Puts scores and labels together.
    ///
    /// - Throws: `invalid_tensor` in TensorFlow Serving's words for outputs of another type or shape.
    func result(of outputs: [NamedTensor], examples: Int) throws(ServingError)
        -> ClassificationResult
    {
        var columns = 0
        var labels = ClassificationResult.Labels.none
        if let classes {
            let tensor = try ExampleOutputs.tensor(classes, in: outputs)
            columns = try checkClasses(tensor, examples)
            guard let texts = ExampleOutputs.labels(tensor) else {
                throw Self.wrongType("classes", "DT_STRING", tensor)
            }
            labels = .elements(texts)
        }
        guard let scores else {
            return ClassificationResult(
                rows: examples, columns: columns, scores: nil, labels: labels)
        }
        let tensor = try ExampleOutputs.tensor(scores, in: outputs)
        let width = try Self.checkMatrix(tensor, "scores", examples)
        guard let values = ExampleOutputs.floats(tensor) else {
            throw Self.wrongType("scores", "DT_FLOAT", tensor)
        }
        if classes != nil, width != columns {
            throw ServingError(
                .invalidTensor,
                "Tensors class and score should match in dim_size(1). Got \(columns) vs. \(width)")
        }
        if !columnLabels.isEmpty, columnLabels.count == width { labels = .columns(columnLabels) }
        return ClassificationResult(
            rows: examples, columns: width, scores: values, labels: labels)
    }

    /// One label a row is a matrix with one column.
    private func checkClasses(_ tensor: Tensor, _ examples: Int) throws(ServingError) -> Int {
        guard scores == nil, tensor.shape.rank == 1 else {
            return try Self.checkMatrix(tensor, "classes", examples)
        }
        try Self.checkRows(tensor, "classes", examples)
        return 1
    }

    private static func checkMatrix(_ tensor: Tensor, _ what: String, _ examples: Int)
        throws(ServingError) -> Int
    {
        guard tensor.shape.rank == 2 else {
            throw ServingError(
                .invalidTensor,
                "Expected Tensor shape: [batch_size num_classes] but got "
                    + ExampleOutputs.text(tensor.shape))
        }
        try checkRows(tensor, what, examples)
        return tensor.shape.dimensions[1]
    }

    private static func checkRows(_ tensor: Tensor, _ what: String, _ examples: Int)
        throws(ServingError)
    {
        guard tensor.shape.dimensions[0] == examples else {
            throw ServingError(
                .invalidTensor,
                "Expected \(what) output batch size of \(examples). Got: "
                    + "\(tensor.shape.dimensions[0])")
        }
    }

    private static func wrongType(_ what: String, _ expected: String, _ tensor: Tensor)
        -> ServingError
    {
        ServingError(
            .invalidTensor,
            "Expected \(what) Tensor of \(expected). Got: \(ExampleOutputs.typeName(tensor))"
        )
    }
}
