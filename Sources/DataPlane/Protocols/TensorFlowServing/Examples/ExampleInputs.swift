import Inference
import ServingCore
import Tensors
import Wire

/// Turns examples into the inputs of a signature.
///
/// A signature whose only input is BYTES, of one dimension, and called `inputs` or `examples` (or made
/// for classification or regression, whatever its input is called) parses examples itself, as
/// TensorFlow's do: it gets them serialised. Any other signature gets, for each input, the feature of
/// that name.
enum ExampleInputs {
    /// Names of inputs that take serialised examples: those that TensorFlow's exporters give.
    private static let serializedNames = ["inputs", "examples"]

    /// Makes the inputs, with one row an example.
    ///
    /// - Throws: `invalid_request` without examples or for damage; `invalid_tensor` for features that
    ///   do not fit; `unsupported` for inputs that features cannot fill.
    static func read(
        _ examples: ExampleInput, _ signature: ModelSignature, _ metadata: ModelMetadata
    ) throws(ServingError) -> [NamedTensor] {
        guard !examples.examples.isEmpty else {
            throw ServingError(.invalidRequest, "Input is empty.")
        }
        if let input = signature.inputs.first, takesSerialized(signature, metadata) {
            return [NamedTensor(input.name, try examples.serialized())]
        }
        var columns: [ExampleColumnSpecification] = []
        for input in signature.inputs { columns.append(try column(input)) }
        return try examples.tensors(for: columns)
    }

    /// Whether the model parses examples itself.
    static func takesSerialized(_ signature: ModelSignature, _ metadata: ModelMetadata) -> Bool {
        guard let input = signature.inputs.first, signature.inputs.count == 1,
            input.elementType == .bytes, (input.dimensions?.count ?? 1) == 1
        else { return false }
        return serializedNames.contains(input.name)
            || ExampleMethod(rawValue: metadata.methodName(of: signature)) != nil
    }

    private static func column(_ input: TensorSpecification) throws(ServingError)
        -> ExampleColumnSpecification
    {
        if input.dimensions?.isEmpty == true {
            throw ServingError(
                .unsupported,
                "input '\(input.name)' is a scalar, so it has no row for each example; use "
                    + "':predict'")
        }
        let row = input.dimensions?.dropFirst().map { dimension -> Int? in
            if case .fixed(let extent) = dimension { extent } else { nil }
        }
        return ExampleColumnSpecification(
            name: input.name, elementType: input.elementType, rowDimensions: row)
    }
}
