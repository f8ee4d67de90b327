import ServingCore

/// What a path below `/v2` asks for; words match exactly, as in Triton.
enum OpenInferenceRoute: Hashable, Sendable {
    case serverMetadata
    case serverLive
    case serverReady
    case modelMetadata(ModelReference)
    case modelReady(ModelReference)
    case infer(ModelReference)
    /// A path of one of Triton's extensions that this server does not offer.
    case extensionNotOffered(Extension)
    /// Anything else below `/v2`.
    case unknown

    /// Triton's extensions with paths of their own.
    enum Extension: String, Hashable, Sendable {
        case generate, config, statistics, trace, logging
        case modelRepository = "model_repository"
        case systemSharedMemory = "system_shared_memory"
        case cudaSharedMemory = "cuda_shared_memory"
    }

    /// The methods that the route answers, as `Allow` lists them; nil for a route that does not exist.
    var allowedMethods: String? {
        switch self {
        case .infer: "POST, OPTIONS"
        case .serverMetadata, .serverLive, .serverReady, .modelMetadata, .modelReady:
            "GET, HEAD, OPTIONS"
        case .extensionNotOffered, .unknown: nil
        }
    }

    /// Matches a path; nil when it is neither `/v2` nor below it.
    ///
    /// - Throws: `invalid_request` for a version beyond 64 bits.
    static func match(_ path: RequestPath) throws(ServingError) -> OpenInferenceRoute? {
        guard let segments = path.segments, let first = segments.first, first.matches("v2") else {
            return nil
        }
        guard segments.count > 1 else { return .serverMetadata }
        let rest = segments.dropFirst(2)
        let area = segments[1]
        if area.matches("models") { return try matchModel(rest) }
        if area.matches("health"), rest.count == 1, let kind = rest.first {
            if kind.matches("live") { return .serverLive }
            if kind.matches("ready") { return .serverReady }
        }
        return matchExtension(area, rest)
    }

    /// `NAME[/versions/N][/infer|/ready]`
    private static func matchModel(_ segments: ArraySlice<PathSegment>) throws(ServingError)
        -> OpenInferenceRoute
    {
        var rest = segments
        guard let name = rest.popFirst(), !name.bytes.isEmpty else { return .unknown }
        // Triton, too, gives this path to its statistics before it looks for a model of the name.
        if rest.isEmpty, name.matches("stats") { return .extensionNotOffered(.statistics) }
        var choice = ModelReference.Choice.latest
        if rest.count >= 2, let word = rest.first, word.matches("versions") {
            let value = rest[rest.startIndex + 1]
            guard value.isDigits else { return .unknown }
            choice = .version(try version(value))
            rest = rest.dropFirst(2)
        }
        let model = ModelReference(name: name.decodedText, choice: choice)
        guard let action = rest.popFirst() else { return .modelMetadata(model) }
        if rest.isEmpty, action.matches("infer") { return .infer(model) }
        if rest.isEmpty, action.matches("ready") { return .modelReady(model) }
        return matchModelExtension(action, rest)
    }

    private static func version(_ segment: PathSegment) throws(ServingError) -> ModelVersion {
        guard let number = Int64(segment.text) else {
            throw ServingError(
                .invalidRequest,
                "failed to get model version from specified version string "
                    + "'\(segment.text.clipped())', version should be an integral value > 0")
        }
        return ModelVersion(number)
    }

    private static func matchModelExtension(
        _ action: PathSegment, _ rest: ArraySlice<PathSegment>
    ) -> OpenInferenceRoute {
        if let setting = rest.first {
            guard rest.count == 1, action.matches("trace"), setting.matches("setting") else {
                return .unknown
            }
            return .extensionNotOffered(.trace)
        }
        if action.matches("generate") || action.matches("generate_stream") {
            return .extensionNotOffered(.generate)
        }
        if action.matches("config") { return .extensionNotOffered(.config) }
        if action.matches("stats") { return .extensionNotOffered(.statistics) }
        return .unknown
    }

    private static func matchExtension(_ area: PathSegment, _ rest: ArraySlice<PathSegment>)
        -> OpenInferenceRoute
    {
        if area.matches("logging"), rest.isEmpty { return .extensionNotOffered(.logging) }
        guard !rest.isEmpty else { return .unknown }
        if area.matches("repository") { return .extensionNotOffered(.modelRepository) }
        if area.matches("systemsharedmemory") { return .extensionNotOffered(.systemSharedMemory) }
        if area.matches("cudasharedmemory") { return .extensionNotOffered(.cudaSharedMemory) }
        if area.matches("trace") { return .extensionNotOffered(.trace) }
        return .unknown
    }
}
