import ServingCore

/// What a path below `/v1` asks for when it is KServe's first protocol that is spoken there.
enum KServeRoute: Hashable, Sendable {
    /// `GET /v1/models`
    case models
    /// `GET /v1/models/NAME`
    case model(String)
    /// `POST /v1/models/NAME:predict`
    case predict(String)
    /// `POST /v1/models/NAME:explain`
    case explain(String)
    /// Anything else below `/v1`.
    case unknown

    /// The methods that the route answers, as `Allow` lists them.
    var allowedMethods: String {
        switch self {
        case .models, .model: "GET, HEAD, OPTIONS"
        case .predict, .explain: "POST, OPTIONS"
        case .unknown: "GET, HEAD, POST, OPTIONS"
        }
    }

    /// Matches a path; nil when it is not below `/v1`. Words match exactly.
    static func match(_ path: RequestPath) -> KServeRoute? {
        guard let segments = path.segments, let first = segments.first, first.matches("v1") else {
            return nil
        }
        guard segments.count >= 2, segments[1].matches("models") else { return .unknown }
        if segments.count == 2 { return .models }
        guard segments.count == 3, !segments[2].bytes.isEmpty else { return .unknown }
        guard let (name, method) = segments[2].splitAtColon else {
            return .model(segments[2].decodedText)
        }
        guard !name.bytes.isEmpty else { return .unknown }
        if method.matches("predict") { return .predict(name.decodedText) }
        if method.matches("explain") { return .explain(name.decodedText) }
        return .unknown
    }
}
