import Listener
import NIOHTTP1

/// Tells browsers that pages of other origins may read the replies (`--rest_api_enable_cors_support`
/// of TensorFlow Serving).
enum CrossOrigin {
    /// A responder that adds the headers to whatever it is given.
    static func allowing(_ responder: HTTPResponder) -> HTTPResponder {
        HTTPResponder { response in
            var response = response
            allow(&response.headers)
            responder.respond(response)
        }
    }

    /// Sets the headers of the original.
    static func allow(_ headers: inout HTTPHeaders) {
        headers.replaceOrAdd(name: "access-control-allow-origin", value: "*")
        headers.replaceOrAdd(name: "access-control-allow-methods", value: "POST, GET")
        headers.replaceOrAdd(name: "access-control-allow-headers", value: "Content-Type")
    }

    /// Whether an `Origin` header holds `http://` or `https://`.
    static func namesPage(_ origin: String?) -> Bool {
        guard let origin else { return false }
        return origin.contains("http://") || origin.contains("https://")
    }
}
