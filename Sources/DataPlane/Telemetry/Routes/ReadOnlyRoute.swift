import Listener
import NIOCore
import NIOHTTP1
import ServingCore

/// What the routes of this room share: they answer `GET` and `HEAD` and nothing else.
enum ReadOnlyRoute {
    static let allowed = "GET, HEAD, OPTIONS"

    /// The answer to any other method; nil for those two.
    static func refusal(_ method: HTTPMethod) -> HTTPResponse? {
        switch method {
        case .GET, .HEAD: return nil
        case .OPTIONS: return HTTPResponse(.noContent, headers: ["allow": allowed])
        default:
            var response = error(
                .methodNotAllowed, code: "method_not_allowed",
                "\(method.rawValue.clipped()) is not allowed here; use \(allowed)")
            response.headers.replaceOrAdd(name: "allow", value: allowed)
            return response
        }
    }

    /// A JSON document that nobody may keep: it is true only now.
    static func json(_ status: HTTPResponseStatus, _ text: String) -> HTTPResponse {
        HTTPResponse(
            status, contentType: "application/json", headers: ["cache-control": "no-store"],
            body: ByteBuffer(string: text + "\n"))
    }

    static func error(
        _ status: HTTPResponseStatus, code: String, _ message: String
    ) -> HTTPResponse {
        json(
            status,
            "{\"error\":\(JSONText.quoted(message)),\"code\":\(JSONText.quoted(code))}")
    }

    /// The target without its query.
    static func path(of target: String) -> Substring {
        target.prefix { $0 != "?" }
    }

    /// Whether the query has that name, alone or with a value that is not false.
    static func hasFlag(_ name: String, in target: String) -> Bool {
        guard let mark = target.firstIndex(of: "?") else { return false }
        return target[target.index(after: mark)...].split(separator: "&").contains { item in
            item == name || item == name + "=1" || item == name + "=true" || item == name + "="
        }
    }
}
