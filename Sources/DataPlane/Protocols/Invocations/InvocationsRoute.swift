import ServingCore

/// What a path of SageMaker's and MLflow's asks for.
enum InvocationsRoute: Hashable, Sendable {
    /// `GET /ping`: both systems' health check.
    case ping
    /// `POST /invocations`: both systems' prediction.
    case invocations
    /// `GET /execution-parameters`: what SageMaker's batch transform asks first.
    case executionParameters
    /// `GET /health`: MLflow's other name of `/ping`.
    case health
    /// `GET /version`, of MLflow.
    case version
    /// `GET|POST /models`, of SageMaker's multi-model endpoints.
    case models
    /// `GET|DELETE /models/NAME`.
    case model(String)
    /// `POST /models/NAME/invoke`.
    case invoke(String)

    /// The methods that the route answers, as `Allow` lists them.
    var allowedMethods: String {
        switch self {
        case .invocations, .invoke: "POST, OPTIONS"
        case .models: "GET, HEAD, POST, OPTIONS"
        case .model: "GET, HEAD, DELETE, OPTIONS"
        case .ping, .executionParameters, .health, .version: "GET, HEAD, OPTIONS"
        }
    }

    /// Matches a path; `/models` and below exist only for multi-model endpoints.
    static func match(_ path: RequestPath, isMultiModel: Bool) -> InvocationsRoute? {
        guard let segments = path.segments, let first = segments.first else { return nil }
        if segments.count == 1 {
            if first.matches("invocations") { return .invocations }
            if first.matches("ping") { return .ping }
            if first.matches("execution-parameters") { return .executionParameters }
            if first.matches("health") { return .health }
            if first.matches("version") { return .version }
        }
        guard isMultiModel, first.matches("models") else { return nil }
        if segments.count == 1 { return .models }
        guard !segments[1].bytes.isEmpty else { return nil }
        if segments.count == 2 { return .model(segments[1].decodedText) }
        guard segments.count == 3, segments[2].matches("invoke") else { return nil }
        return .invoke(segments[1].decodedText)
    }
}
