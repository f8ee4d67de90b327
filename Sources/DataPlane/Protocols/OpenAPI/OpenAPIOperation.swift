import ServingCore

/// What a body of a described route holds.
struct OpenAPIContent: Sendable {
    /// Its media type.
    var mediaType = "application/json"
    /// A JSON Schema of it.
    var schema: ReplyDocument
    /// A body that the route takes or gives; nil when one would be too long.
    var example: ReplyDocument?
}

/// The errors that a route can give: a form, and the statuses of the codes that can happen there.
struct OpenAPIErrors: Sendable {
    /// The name of the body's schema among the components.
    let schema: String
    /// The statuses, each once.
    let statuses: [Int]

    /// What can go wrong with any request of a protocol.
    static let anyRequest: [ErrorCode] = [
        .invalidRequest, .methodNotAllowed, .overloaded, .shuttingDown, .internalError,
    ]
    /// What can go wrong as well when a path names a model.
    static let anyModel: [ErrorCode] = [.modelNotFound, .modelNotReady]
    /// What can go wrong as well with a prediction.
    static let prediction: [ErrorCode] = [
        .invalidTensor, .signatureNotFound, .requestTooLarge, .unsupportedMediaType, .unsupported,
        .deadlineExceeded, .cancelled, .engineFailed, .workerFailed, .resourceExhausted,
    ]

    /// Looks the codes up in a protocol's table; a listener refuses with 408, 413 and 503 itself.
    init(_ schema: String, _ codes: [ErrorCode], _ status: (ErrorCode) -> Int) {
        self.schema = schema
        statuses = Set(codes.map(status) + [408, 413, 503]).sorted()
    }
}

/// One route of the data port, described: the document has nothing that is not in such a value.
struct OpenAPIOperation: Sendable {
    /// The method, in lower case.
    let method: String
    /// The path, percent-encoded; parameters stand in braces.
    let path: String
    /// The protocol that the route belongs to.
    let tag: String
    /// One sentence on what it does.
    let summary: String
    /// Query parameters and headers, each an OpenAPI parameter object.
    var parameters: [ReplyDocument] = []
    /// The bodies that it takes, one a media type; empty for none.
    var request: [OpenAPIContent] = []
    /// The status of success.
    var status = 200
    /// The bodies of success, one a media type; empty for an empty one.
    var reply: [OpenAPIContent] = []
    /// Further answers with bodies of their own: 503 of a readiness route.
    var furtherReplies: [(status: Int, meaning: String, content: OpenAPIContent?)] = []
    /// What can go wrong.
    let errors: OpenAPIErrors

    /// The operation as an OpenAPI operation object.
    var document: ReplyDocument {
        var members: [(key: String, value: ReplyDocument)] = [
            ("tags", .list([.text(tag)])), ("summary", .text(summary)),
            ("operationId", .text("\(method) \(path)")),
        ]
        if !parameters.isEmpty { members.append(("parameters", .list(parameters))) }
        if !request.isEmpty {
            members.append(
                (
                    "requestBody",
                    .object([("required", .flag(true)), ("content", Self.contents(request))])
                ))
        }
        members.append(("responses", .object(responses)))
        return .object(members)
    }

    private var responses: [(key: String, value: ReplyDocument)] {
        var result = [(key: String(status), value: Self.response("Success", reply))]
        for further in furtherReplies {
            let contents = further.content.map { [$0] } ?? []
            result.append((String(further.status), Self.response(further.meaning, contents)))
        }
        let reference = OpenAPIContent(schema: OpenAPISchema.reference(errors.schema))
        for status in errors.statuses where !result.contains(where: { $0.key == String(status) }) {
            result.append((String(status), Self.response(Self.meaning(status), [reference])))
        }
        return result
    }

    private static func response(_ meaning: String, _ contents: [OpenAPIContent])
        -> ReplyDocument
    {
        var members: [(key: String, value: ReplyDocument)] = [("description", .text(meaning))]
        if !contents.isEmpty { members.append(("content", Self.contents(contents))) }
        return .object(members)
    }

    private static func contents(_ contents: [OpenAPIContent]) -> ReplyDocument {
        .object(
            contents.map { content in
                var members: [(key: String, value: ReplyDocument)] = [("schema", content.schema)]
                if let example = content.example { members.append(("example", example)) }
                return (content.mediaType, .object(members))
            })
    }

    private static func meaning(_ status: Int) -> String {
        switch status {
        case 400: "The request is malformed or does not fit the model"
        case 404: "There is no such model, version or route"
        case 405: "The route does not have this method"
        case 408: "The request did not come in time"
        case 409: "The model is loaded already"
        case 413: "The body is too large"
        case 415: "The body or the answer would be of a media type that is not offered"
        case 429: "Too many requests wait; try again later"
        case 499: "The client went away"
        case 500: "The server or the model failed"
        case 501: "This is not offered"
        case 503: "Not ready or overloaded; try again later"
        case 504: "The request's time was up"
        case 507: "There is no memory for it"
        default: "An error"
        }
    }
}
