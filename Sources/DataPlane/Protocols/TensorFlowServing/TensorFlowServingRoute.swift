import ServingCore

/// What a path below `/v1/` asks for.
///
/// The grammar is that of TensorFlow Serving's two regular expressions (`http_rest_api_util.cc`):
///
///     POST /v1/models/NAME[/versions/N|/labels/L]:(predict|classify|regress)
///     GET  /v1/models[/NAME][/versions/N|/labels/L][/metadata]
///
/// Literal words match in upper and lower case, but a method word other than in lower case is
/// malformed, and `/METADATA` in any other case gives the status: so does the original.
enum TensorFlowServingRoute: Hashable, Sendable {
    case predict(ModelReference)
    case classify(ModelReference)
    case regress(ModelReference)
    case status(ModelReference)
    case metadata(ModelReference)
    /// A path of the status or metadata form that names no model.
    case missingModelName
    /// Anything else below `/v1/`.
    case malformed

    /// The methods that the route answers, as `Allow` lists them.
    var allowedMethods: String {
        switch self {
        case .predict, .classify, .regress: "POST, OPTIONS"
        case .status, .metadata, .missingModelName: "GET, HEAD, OPTIONS"
        case .malformed: "GET, HEAD, POST, OPTIONS"
        }
    }

    /// Matches a path; nil when it is not below `/v1/` at all.
    ///
    /// - Throws: `invalid_request` for a version beyond 64 bits, in TensorFlow Serving's words.
    static func match(_ path: RequestPath) throws(ServingError) -> TensorFlowServingRoute? {
        guard isBelowV1(path) else { return nil }
        guard let segments = path.segments, segments.count >= 2,
            segments[1].matchesIgnoringCase("models")
        else { return .malformed }
        if let call = try matchCall(segments) { return call }
        if let named = try matchResource(segments.dropFirst(2), hasName: true) { return named }
        return try matchResource(segments.dropFirst(2), hasName: false) ?? .malformed
    }

    private static func isBelowV1(_ path: RequestPath) -> Bool {
        guard path.bytes.count >= 4, path.bytes[0] == UInt8(ascii: "/"),
            path.bytes[3] == UInt8(ascii: "/")
        else { return false }
        return PathSegment(bytes: UnsafeBufferPointer(rebasing: path.bytes[1..<3]))
            .matchesIgnoringCase("v1")
    }

    /// `models/NAME[/versions/N|/labels/L]:method`.
    private static func matchCall(_ segments: [PathSegment]) throws(ServingError)
        -> TensorFlowServingRoute?
    {
        guard segments.count >= 3, let (subject, method) = segments.last?.splitAtColon else {
            return nil
        }
        let subjects = segments[2..<segments.count - 1] + [subject]
        guard let name = subjects.first, isName(name) else { return nil }
        guard let choice = try matchChoice(subjects.dropFirst()) else { return nil }
        let model = ModelReference(name: name.decodedText, choice: choice)
        if method.matches("predict") { return .predict(model) }
        if method.matches("classify") { return .classify(model) }
        if method.matches("regress") { return .regress(model) }
        return nil
    }

    /// `[NAME][/versions/N|/labels/L][/metadata]`, read with or without a name.
    private static func matchResource(_ segments: ArraySlice<PathSegment>, hasName: Bool)
        throws(ServingError) -> TensorFlowServingRoute?
    {
        var rest = segments
        var name: PathSegment?
        if hasName {
            guard let first = rest.popFirst(), isName(first) else { return nil }
            name = first
        }
        if let choice = try matchChoice(rest) {
            guard let name else { return .missingModelName }
            return .status(ModelReference(name: name.decodedText, choice: choice))
        }
        guard let last = rest.popLast(), last.matchesIgnoringCase("metadata"),
            let choice = try matchChoice(rest)
        else { return nil }
        guard let name else { return .missingModelName }
        let model = ModelReference(name: name.decodedText, choice: choice)
        return last.matches("metadata") ? .metadata(model) : .status(model)
    }

    /// Nothing, `versions/N` or `labels/L`; nil when the segments are none of these.
    private static func matchChoice(_ segments: ArraySlice<PathSegment>) throws(ServingError)
        -> ModelReference.Choice?
    {
        guard let word = segments.first else { return .latest }
        guard segments.count == 2, let value = segments.last else { return nil }
        if word.matchesIgnoringCase("versions"), value.isDigits {
            guard let number = Int64(value.text) else {
                throw ServingError(
                    .invalidRequest,
                    "Failed to convert version: \(value.text.clipped()) to numeric.")
            }
            return .version(ModelVersion(number))
        }
        if word.matchesIgnoringCase("labels"), isName(value) { return .label(value.decodedText) }
        return nil
    }

    /// `[^/:]+`
    private static func isName(_ segment: PathSegment) -> Bool {
        !segment.bytes.isEmpty && !segment.bytes.contains(UInt8(ascii: ":"))
    }
}
