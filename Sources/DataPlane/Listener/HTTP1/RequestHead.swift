import NIOHTTP1

/// A request's first lines, checked and understood.
struct RequestHead {
    var method: HTTPMethod
    /// Origin form, whatever form the client used: `/v1/models/digits?x=1`; or `*`.
    var target: String
    var headers: HTTPHeaders
    /// 0 for HTTP/1.0, 1 for HTTP/1.1 and later ones.
    var minorVersion: Int
    var meaning = FieldMeaning()

    /// Whether the connection may carry another request after this one.
    var isKeepAlive: Bool {
        minorVersion == 0 ? meaning.saysKeepAlive && !meaning.saysClose : !meaning.saysClose
    }

    /// The head as the handler's `admit` wants it.
    var nioHead: HTTPRequestHead {
        HTTPRequestHead(
            version: minorVersion == 0 ? .http1_0 : .http1_1, method: method, uri: target,
            headers: headers)
    }
}

/// How the end of a body is found.
enum BodyFraming: Equatable {
    case none
    case length(Int)
    case chunked
}

/// How a body is compressed.
enum ContentCoding: Equatable {
    case identity, gzip, deflate
}

/// What the fields that concern the listener say.
struct FieldMeaning {
    var framing = BodyFraming.none
    var coding = ContentCoding.identity
    var hosts = 0
    var saysClose = false
    var saysKeepAlive = false
    var expectsContinue = false
    /// The value of `accept-encoding`, if there is one.
    var acceptEncoding: String?
}
