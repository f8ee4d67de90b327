import NIOHTTP1
import ServingCore

/// A request that is a CloudEvent in binary mode: its attributes are `ce-` headers, its data is the
/// body (CloudEvents 1.0, HTTP protocol binding, section 3.1).
struct CloudEvent: Hashable, Sendable {
    /// The type of replies, as KServe's server has it.
    static let replyType = "io.kserve.inference.response"
    private static let required = ["ce-specversion", "ce-source", "ce-type", "ce-id"]

    /// The version of the specification that the request follows.
    let version: String
    /// The request's id, which the reply repeats so that the two can be brought together.
    let id: String
    /// Where the reply comes from.
    let source: String

    /// Reads the headers; nil for a request that is no event.
    ///
    /// - Throws: `invalid_request` for an event that lacks an attribute; `unsupported_media_type`
    ///   for one in structured mode, whose data is inside a document.
    init?(_ headers: HTTPHeaders, model: ModelName) throws(ServingError) {
        let type = headers.first(name: "content-type").flatMap { MediaType($0) }
        guard type?.essence.hasPrefix("application/cloudevents") != true else {
            throw ServingError(
                .unsupportedMediaType,
                "CloudEvents are read in binary mode: send the attributes as 'ce-' headers and the "
                    + "data as the body, with content type application/json")
        }
        guard headers.contains(name: "ce-specversion") else { return nil }
        let missing = Self.required.filter { !headers.contains(name: $0) }
        guard missing.isEmpty, let version = headers.first(name: "ce-specversion"),
            let id = headers.first(name: "ce-id")
        else {
            throw ServingError(
                .invalidRequest, "the event lacks the header \(missing.joined(separator: ", "))")
        }
        guard version == "1.0" || version == "0.3" else {
            throw ServingError(
                .invalidRequest,
                "the event has version '\(version.clipped())' of the specification; 1.0 and 0.3 are "
                    + "read")
        }
        self.version = version
        self.id = id
        source = "io.kserve.inference.\(model)"
    }

    /// Makes a reply an event as well.
    func addReply(to headers: inout HTTPHeaders) {
        headers.replaceOrAdd(name: "ce-specversion", value: version)
        headers.replaceOrAdd(name: "ce-id", value: id)
        headers.replaceOrAdd(name: "ce-source", value: source)
        headers.replaceOrAdd(name: "ce-type", value: Self.replyType)
    }
}
