import ServingCore

/// What a path below `/v2` asks for; words match exactly, as in Triton.
enum OpenInferenceRoute: Hashable, Sendable {
    case serverMetadata
    case serverLive
    case serverReady
    case modelMetadata(ModelReference)
    case modelReady(ModelReference)
    case infer(ModelReference)
    case modelConfiguration(ModelReference)
    /// Of one model, or of all (nil).
    case statistics(ModelReference?)
    /// Of one model, or of all (nil).
    case traceSettings(model: String?)
    case logSettings
    case repositoryIndex
    case loadModel(String)
    case unloadModel(String)
    case sharedMemory(Memory, SharedMemoryAction, region: String?)
    /// A path of one of Triton's extensions that this server does not offer.
    case extensionNotOffered(Extension)
    /// Anything else below `/v2`.
    case unknown

    /// Triton's extensions with paths of their own.
    enum Extension: String, Hashable, Sendable {
        case generate
        case namedRepository = "model_repository of a named repository"
    }

    /// Where shared memory lies.
    enum Memory: Hashable, Sendable { case system, cuda }

    /// What is done with regions.
    enum SharedMemoryAction: Hashable, Sendable { case status, register, unregister }

    /// The methods that the route answers, as `Allow` lists them; nil for a route that does not exist.
    var allowedMethods: String? {
        switch self {
        case .infer, .repositoryIndex, .loadModel, .unloadModel, .sharedMemory(_, .register, _),
            .sharedMemory(_, .unregister, _):
            "POST, OPTIONS"
        case .traceSettings, .logSettings: "GET, HEAD, POST, OPTIONS"
        case .serverMetadata, .serverLive, .serverReady, .modelMetadata, .modelReady,
            .modelConfiguration, .statistics, .sharedMemory(_, .status, _):
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
        if rest.isEmpty, name.matches("stats") { return .statistics(nil) }
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
        return matchModelExtension(action, rest, model)
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
        _ action: PathSegment, _ rest: ArraySlice<PathSegment>, _ model: ModelReference
    ) -> OpenInferenceRoute {
        if let setting = rest.first {
            // There is no setting of a single version.
            guard rest.count == 1, action.matches("trace"), setting.matches("setting"),
                model.choice == .latest
            else { return .unknown }
            return .traceSettings(model: model.name)
        }
        if action.matches("generate") || action.matches("generate_stream") {
            return .extensionNotOffered(.generate)
        }
        if action.matches("config") { return .modelConfiguration(model) }
        if action.matches("stats") { return .statistics(model) }
        return .unknown
    }

    private static func matchExtension(_ area: PathSegment, _ rest: ArraySlice<PathSegment>)
        -> OpenInferenceRoute
    {
        if area.matches("logging"), rest.isEmpty { return .logSettings }
        if area.matches("trace"), rest.count == 1, rest.first?.matches("setting") == true {
            return .traceSettings(model: nil)
        }
        if area.matches("repository") { return matchRepository(Array(rest)) }
        if area.matches("systemsharedmemory") { return matchMemory(.system, Array(rest)) }
        if area.matches("cudasharedmemory") { return matchMemory(.cuda, Array(rest)) }
        return .unknown
    }

    /// `index`, `models/NAME/load`, `models/NAME/unload`; all may stand below a repository's name.
    private static func matchRepository(_ rest: [PathSegment]) -> OpenInferenceRoute {
        guard let last = rest.last else { return .unknown }
        if last.matches("index"), rest.count <= 2 {
            return rest.count == 1 ? .repositoryIndex : .extensionNotOffered(.namedRepository)
        }
        guard rest.count == 3 || rest.count == 4, rest[rest.count - 3].matches("models"),
            last.matches("load") || last.matches("unload"), !rest[rest.count - 2].bytes.isEmpty
        else { return .unknown }
        if rest.count == 4 { return .extensionNotOffered(.namedRepository) }
        let name = rest[1].decodedText
        return last.matches("load") ? .loadModel(name) : .unloadModel(name)
    }

    /// `[region/NAME/](status|register|unregister)`
    private static func matchMemory(_ memory: Memory, _ rest: [PathSegment]) -> OpenInferenceRoute {
        let action: SharedMemoryAction
        guard let last = rest.last else { return .unknown }
        if last.matches("status") {
            action = .status
        } else if last.matches("register") {
            action = .register
        } else if last.matches("unregister") {
            action = .unregister
        } else {
            return .unknown
        }
        if rest.count == 1 { return .sharedMemory(memory, action, region: nil) }
        guard rest.count == 3, rest[0].matches("region"), !rest[1].bytes.isEmpty else {
            return .unknown
        }
        return .sharedMemory(memory, action, region: rest[1].decodedText)
    }
}
