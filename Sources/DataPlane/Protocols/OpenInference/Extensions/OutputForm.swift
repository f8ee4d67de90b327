import Inference
import ServingCore
import Tensors

/// What a request says of one output, besides its encoding.
struct OutputForm: Hashable, Sendable {
    /// How many classes are wanted instead of the values; 0 for the values.
    var classification = 0
    /// The region that takes the bytes; nil when they are part of the answer.
    var sharedMemory: SharedMemoryReference?

    /// Whether the output is given as the model made it.
    var isPlain: Bool { classification == 0 && sharedMemory == nil }

    /// Refuses what cannot be asked for together.
    ///
    /// - Throws: `invalid_request`, in Triton's words.
    func check(isBinary: Bool?) throws(ServingError) {
        guard sharedMemory != nil else { return }
        guard classification == 0 else {
            throw ServingError(
                .invalidRequest,
                "Output can't set both 'shared_memory_region' and 'classification'")
        }
        guard isBinary != true else {
            throw ServingError(
                .invalidRequest,
                "Output can't set both 'shared_memory_region' and 'binary_data'")
        }
    }
}

/// Turns a model's outputs into what was asked for.
enum OutputShaping {
    /// Ranks the outputs that ask for classes; regions are left to whoever writes the answer.
    ///
    /// - Throws: `invalid_request`, as `ClassificationOutput.ranked`.
    static func shaped(
        _ response: InferenceResponse, _ forms: [OutputForm], _ metadata: ModelMetadata
    ) throws(ServingError) -> InferenceResponse {
        guard forms.contains(where: { $0.classification > 0 }) else { return response }
        var response = response
        let hasBatch = metadata.defaultSignature.batching == .leadingDimension
        for index in response.outputs.indices
        where index < forms.count && forms[index].classification > 0 {
            let output = response.outputs[index]
            let ranked = try ClassificationOutput.ranked(
                output.tensor, count: forms[index].classification, hasBatch: hasBatch,
                labels: ClassLabels.labels(of: output.name, metadata))
            response.outputs[index] = NamedTensor(output.name, ranked)
        }
        return response
    }
}
