import Inference
import ServingCore
import Tensors

/// Which output of a signature is the regression: `outputs`, or the only one.
struct RegressionPlan: Sendable {
    private static let conventionalName = "outputs"

    /// The output.
    let output: String

    /// Looks for the output.
    ///
    /// - Throws: `invalid_request` when the signature has no such output.
    init(_ signature: ModelSignature) throws(ServingError) {
        let named = signature.outputs.first { $0.name == Self.conventionalName }
        guard let found = named ?? (signature.outputs.count == 1 ? signature.outputs[0] : nil)
        else {
            throw ServingError(
                .invalidRequest,
                "Expected one output Tensor. No regression outputs found in SignatureDef: "
                    + "\(ExampleOutputs.list(signature.outputs)); use ':predict' or give the "
                    + "model an output 'outputs' of shape [batch]")
        }
        output = found.name
    }

    /// Takes the numbers out of the output.
    ///
    /// - Throws: `invalid_tensor` in TensorFlow Serving's words for another shape or type.
    func result(of outputs: [NamedTensor], examples: Int) throws(ServingError) -> RegressionResult {
        let tensor = try ExampleOutputs.tensor(output, in: outputs)
        let dimensions = tensor.shape.dimensions
        guard dimensions.count == 1 || (dimensions.count == 2 && dimensions[1] == 1) else {
            throw ServingError(
                .invalidTensor,
                "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] "
                    + "but got \(ExampleOutputs.text(tensor.shape))")
        }
        guard dimensions[0] == examples else {
            throw ServingError(
                .invalidTensor,
                "Input batch size did not match output batch size: \(examples) vs. "
                    + "\(dimensions[0])")
        }
        guard let values = ExampleOutputs.floats(tensor) else {
            throw ServingError(
                .invalidTensor,
                "Expected output Tensor of DT_FLOAT.  Got: "
                    + ExampleOutputs.typeName(tensor))
        }
        return RegressionResult(values: values)
    }
}
