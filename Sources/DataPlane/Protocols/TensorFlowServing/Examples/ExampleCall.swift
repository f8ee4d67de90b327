import Inference
import NIOCore
import ServingCore
import Tensors
import Wire

/// What is done with examples.
enum ExampleMethod: String, Hashable, Sendable {
    case classify = "tensorflow/serving/classify"
    case regress = "tensorflow/serving/regress"
}

/// How the outputs of a signature answer a method.
enum ExamplePlan: Sendable {
    case classification(ClassificationPlan)
    case regression(RegressionPlan)

    /// Looks at a signature's outputs.
    ///
    /// - Throws: `invalid_request` when they do not fit the method.
    init(_ method: ExampleMethod, _ signature: ModelSignature, _ metadata: ModelMetadata)
        throws(ServingError)
    {
        switch method {
        case .classify: self = .classification(try ClassificationPlan(signature, metadata))
        case .regress: self = .regression(try RegressionPlan(signature))
        }
    }

    /// The outputs that have to be computed.
    var outputNames: [String] {
        switch self {
        case .classification(let plan): plan.outputNames
        case .regression(let plan): [plan.output]
        }
    }
}

/// The answer to a classification or a regression.
enum ExampleResult: Sendable {
    case classification(ClassificationResult)
    case regression(RegressionResult)

    /// Appends `ClassificationResult` or `RegressionResult`.
    func write(to buffer: inout ByteBuffer) {
        switch self {
        case .classification(let result): result.write(to: &buffer)
        case .regression(let result): result.write(to: &buffer)
        }
    }

    /// Writes REST's answer, as TensorFlow Serving lays it out.
    ///
    /// - Throws: nothing: there are words for every number.
    func json() throws(ServingError) -> ByteBuffer {
        var writer = JSONWriter(into: ByteBuffer(), options: .tensorFlowServing)
        writer.beginObject()
        writer.key("results")
        switch self {
        case .classification(let result): try result.write(to: &writer)
        case .regression(let result): try result.write(to: &writer)
        }
        writer.endObject()
        return writer.finish()
    }
}

/// A classification or regression on its way through a model.
struct ExampleCall: Sendable {
    /// The signature that is called.
    let signatureName: String
    private let plan: ExamplePlan
    private let examples: Int

    /// Makes the request of a model, and what has to be known when its answer comes.
    ///
    /// - Parameter signatureName: empty or nil for the default.
    /// - Throws: `invalid_request` for an unknown signature or one that does not fit the method;
    ///   what `ExampleInputs.read` throws.
    static func begin(
        _ method: ExampleMethod, signatureName: String?, _ input: ExampleInput,
        _ metadata: ModelMetadata
    ) throws(ServingError) -> (InferenceRequest, ExampleCall) {
        let signature = try signature(named: signatureName ?? "", in: metadata)
        let plan = try ExamplePlan(method, signature, metadata)
        let request = InferenceRequest(
            signatureName: signature.name,
            inputs: try ExampleInputs.read(input, signature, metadata),
            outputNames: plan.outputNames)
        let call = ExampleCall(
            signatureName: signature.name, plan: plan, examples: input.examples.count)
        return (request, call)
    }

    /// Turns the model's outputs into the answer.
    ///
    /// - Throws: `invalid_tensor` for outputs of another type or shape than the method needs.
    func result(of outputs: [NamedTensor]) throws(ServingError) -> ExampleResult {
        switch plan {
        case .classification(let plan):
            .classification(try plan.result(of: outputs, examples: examples))
        case .regression(let plan):
            .regression(try plan.result(of: outputs, examples: examples))
        }
    }

    private static func signature(named name: String, in metadata: ModelMetadata)
        throws(ServingError) -> ModelSignature
    {
        if let signature = try? metadata.signature(named: name) { return signature }
        throw ServingError(
            .invalidRequest, "No signature was found with the name: \(name.clipped())")
    }
}
