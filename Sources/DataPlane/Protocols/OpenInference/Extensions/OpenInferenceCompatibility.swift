/// Whose reading of the Open Inference Protocol the server follows where readings differ: the
/// statuses of errors and of readiness.
public enum OpenInferenceCompatibility: String, Hashable, Sendable, CaseIterable {
    /// KServe's: an unknown model is 404, a model that is not ready 503 with a document. The default.
    case kserve
    /// Triton's: almost every error is 400, and readiness answers have an empty body.
    case triton
    /// MLServer's: unknown models are 404, a model that is not ready 400, health bodies are empty.
    case mlserver
}
