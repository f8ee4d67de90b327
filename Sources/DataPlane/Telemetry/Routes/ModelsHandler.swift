public import Inference
public import Listener
import NIOCore
import NIOHTTP1
import ServingCore

/// `/models` on the admin port: every model and version with its state and why; `slipway models`
/// reads it.
///
/// ```json
/// {"models":[{"name":"digits","ready":true,"reason":"","remark":"","unreadiness":[],"versions":[
///   {"version":2,"state":"AVAILABLE","reason":"","labels":["stable"]}]}]}
/// ```
/// A version that failed has `"error":{"code":"…","message":"…"}` as well.
public struct ModelsHandler: HTTPHandler {
    /// Where it stands.
    public static let path = "/models"

    private let catalog: any ModelCatalog

    /// Shows a catalog.
    public init(_ catalog: any ModelCatalog) {
        self.catalog = catalog
    }

    public func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        if let refusal = ReadOnlyRoute.refusal(request.method) {
            return responder.respond(refusal)
        }
        let models = catalog.modelStatuses().map(Self.document(of:))
        responder.respond(
            ReadOnlyRoute.json(.ok, "{\"models\":[\(models.joined(separator: ","))]}"))
    }

    private static func document(of model: ModelStatus) -> String {
        let versions = model.versions.map(document(of:)).joined(separator: ",")
        return "{\"name\":\(JSONText.quoted(model.name.text)),\"ready\":\(model.isFullyReady),"
            + "\"reason\":\(JSONText.quoted(model.reason)),"
            + "\"remark\":\(JSONText.quoted(model.remark)),"
            + "\"unreadiness\":\(JSONText.array(model.unreadiness)),\"versions\":[\(versions)]}"
    }

    private static func document(of version: VersionStatus) -> String {
        var text =
            "{\"version\":\(version.version.number),\"state\":\"\(version.state.rawValue)\","
            + "\"reason\":\(JSONText.quoted(version.reason)),"
            + "\"labels\":\(JSONText.array(version.labels.map(\.text)))"
        if let error = version.error {
            text +=
                ",\"error\":{\"code\":\(JSONText.quoted(error.code.description)),"
                + "\"message\":\(JSONText.quoted(error.message))}"
        }
        return text + "}"
    }
}
