import NIOHTTP1
import ServingCore

/// How tensors are written in a body of `/invocations`.
enum InvocationsFormat: Hashable, Sendable, CaseIterable {
    case json, csv, numpy, jsonLines
    /// The Open Inference Protocol's JSON with binary tensors behind it.
    case openInferenceBinary

    /// The media types of each, the usual one first.
    var mediaTypes: [String] {
        switch self {
        case .json: ["application/json"]
        case .csv: ["text/csv"]
        case .numpy: ["application/x-npy"]
        case .jsonLines:
            [
                "application/jsonlines", "application/json-lines", "application/x-jsonlines",
                "application/jsonl", "application/x-ndjson",
            ]
        case .openInferenceBinary:
            ["application/vnd.sagemaker-triton.binary+json", "application/octet-stream"]
        }
    }

    /// The formats that an answer to anything but binary requests may have.
    static let replies: [InvocationsFormat] = [.json, .csv, .numpy, .jsonLines]

    /// The format of a media type; nil when it is none of these.
    init?(_ essence: String) {
        guard let format = Self.allCases.first(where: { $0.mediaTypes.contains(essence) }) else {
            return nil
        }
        self = format
    }

    /// The format of a request's body; JSON when the request does not say.
    ///
    /// - Throws: `unsupported_media_type`, also for a character set other than UTF-8.
    static func ofBody(_ header: String?) throws(ServingError) -> (InvocationsFormat, MediaType?) {
        guard let header, !header.isEmpty else { return (.json, nil) }
        guard let type = MediaType(header), let format = InvocationsFormat(type.essence) else {
            let known = allCases.flatMap(\.mediaTypes).joined(separator: ", ")
            throw ServingError(
                .unsupportedMediaType,
                "this server reads the content types \(known), not '\(header.clipped())'")
        }
        if let charset = type.parameter("charset"), charset.lowercased() != "utf-8" {
            throw ServingError(
                .unsupportedMediaType,
                "this server reads text as UTF-8, not as '\(charset.clipped())'")
        }
        return (format, type)
    }

    /// The format that a client wants, by `Accept` (RFC 9110 section 12.5.1).
    ///
    /// Among formats that the client likes as much as each other the first that it names counts.
    ///
    /// - Parameter fallback: The format for clients that accept anything.
    /// - Throws: `unsupported_media_type` when nothing on offer is accepted.
    static func ofReply(_ headers: [String], fallback: InvocationsFormat) throws(ServingError)
        -> InvocationsFormat
    {
        let ranges = headers.flatMap { $0.split(separator: ",") }.compactMap { MediaType($0) }
        guard !ranges.isEmpty else { return fallback }
        var best: (format: InvocationsFormat, quality: Double)?
        for range in ranges {
            let quality = range.parameter("q").flatMap(Double.init) ?? 1
            guard quality > 0, quality > (best?.quality ?? 0) else { continue }
            if let format = offer(range.essence, fallback) { best = (format, quality) }
        }
        guard let best else {
            let known = replies.flatMap(\.mediaTypes).joined(separator: ", ")
            throw ServingError(
                .unsupportedMediaType,
                "the answer can be written as \(known), not as what 'Accept: "
                    + "\(headers.joined(separator: ", ").clipped())' asks for")
        }
        return best.format
    }

    private static func offer(_ range: String, _ fallback: InvocationsFormat) -> InvocationsFormat?
    {
        switch range {
        case "*/*": fallback
        case "application/*": fallback == .csv ? .json : fallback
        case "text/*": .csv
        default: InvocationsFormat(range).flatMap { replies.contains($0) ? $0 : nil }
        }
    }
}
