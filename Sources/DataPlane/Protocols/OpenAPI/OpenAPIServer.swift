public import Inference
public import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Tensors
import Wire

/// `/openapi.json`: the routes of the data port as an OpenAPI 3.1 document, made from the models that
/// answer at that moment; `?model=NAME` gives that model's routes alone.
public struct OpenAPIServer: HTTPHandler {
    /// Where the document is.
    public static let path = "/openapi.json"

    private let version: String
    private let service: any InferenceService
    private let catalog: any ModelCatalog
    private let settings: InvocationsSettings
    private let routes: OpenAPIRoutes

    /// Describes a server.
    ///
    /// - Parameters:
    ///   - version: The server's version.
    ///   - isKServe: Whether `/v1` is KServe's protocol.
    ///   - settings: Of `/invocations`.
    ///   - compatibility: Whose statuses `/v2` has.
    ///   - paths: Where the data port shows metrics, life and readiness.
    public init(
        version: String, service: any InferenceService, catalog: any ModelCatalog,
        isKServe: Bool, settings: InvocationsSettings,
        compatibility: OpenInferenceCompatibility = .kserve,
        paths: (metrics: [String], live: String?, ready: String?) = ([], nil, nil)
    ) {
        self.version = version
        self.service = service
        self.catalog = catalog
        self.settings = settings
        routes = OpenAPIRoutes(
            isKServe: isKServe, isMultiModel: settings.isMultiModel, compatibility: compatibility,
            metricsPaths: paths.metrics, livePath: paths.live, readyPath: paths.ready)
    }

    public func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        switch request.method {
        case .GET, .HEAD: responder.respond(answer(request.target))
        case .OPTIONS:
            responder.respond(HTTPResponse(.noContent, headers: ["allow": "GET, HEAD, OPTIONS"]))
        default:
            let error = ServingError(
                .methodNotAllowed,
                "Method Not Allowed: \(request.method.rawValue.clipped()); use GET")
            responder.respond(OpenInferenceReply.refusal(error, allow: "GET, HEAD, OPTIONS"))
        }
    }

    private func answer(_ target: String) -> HTTPResponse {
        do throws(ServingError) {
            guard let name = try QueryParameter.value("model", in: target) else {
                return OpenInferenceReply.document(document(models: available, isWhole: true))
            }
            let selector = try ModelReference(name: name, choice: .latest).checkedSelector()
            let metadata = try service.acquire(selector).servable.metadata
            return OpenInferenceReply.document(document(models: [metadata], isWhole: false))
        } catch {
            return OpenInferenceReply.refusal(error)
        }
    }

    /// The models that answer now.
    private var available: [ModelMetadata] {
        catalog.modelStatuses().compactMap {
            try? service.acquire(ModelSelector($0.name)).servable.metadata
        }.sorted { $0.identity.name < $1.identity.name }
    }

    private func document(models: [ModelMetadata], isWhole: Bool) -> ReplyDocument {
        var operations = isWhole ? routes.server + [description] : []
        let invoked =
            models.first { $0.identity.name.text == settings.defaultModel }
            ?? (models.count == 1 && settings.defaultModel == nil ? models.first : nil)
        if isWhole, let invoked {
            operations.append(
                routes.invocation(
                    OpenAPITensors(
                        signature: invoked.defaultSignature,
                        signatureNames: invoked.signatures.map(\.name))))
        }
        for metadata in models {
            operations += routes.model(metadata, Self.segment(metadata.identity.name.text))
        }
        let title = isWhole ? "Slipway" : models.first.map { "\($0.identity.name)" } ?? "Slipway"
        return .object([
            ("openapi", .text("3.1.0")),
            ("info", .object([("title", .text(title)), ("version", .text(version))])),
            ("paths", .object(Self.paths(operations))),
            ("components", .object([("schemas", .object(Self.schemas))])),
        ])
    }

    private var description: OpenAPIOperation {
        OpenAPIOperation(
            method: "get", path: Self.path, tag: OpenAPIRoutes.operation,
            summary: "This document, or one for a model alone",
            parameters: [
                .object([
                    ("name", .text("model")), ("in", .text("query")),
                    ("schema", OpenAPIRoutes.text),
                ])
            ], reply: [OpenAPIContent(schema: OpenAPISchema.type("object"))],
            errors: OpenAPIRoutes.plainErrors(OpenAPIErrors.anyModel))
    }

    /// Operations of one path stand together, in the order in which they come first.
    private static func paths(_ operations: [OpenAPIOperation])
        -> [(key: String, value: ReplyDocument)]
    {
        var order: [String] = []
        var byPath: [String: [(key: String, value: ReplyDocument)]] = [:]
        for operation in operations {
            if byPath[operation.path] == nil { order.append(operation.path) }
            byPath[operation.path, default: []].append((operation.method, operation.document))
        }
        return order.map { ($0, .object(byPath[$0] ?? [])) }
    }

    private static let schemas: [(key: String, value: ReplyDocument)] = [
        ("Error", OpenAPISchema.object([("error", OpenAPIRoutes.text)])),
        (
            "InvocationsError",
            // The listener itself says only what is wrong.
            OpenAPISchema.any(of: [
                OpenAPISchema.object([
                    ("error_code", OpenAPIRoutes.text), ("message", OpenAPIRoutes.text),
                ]),
                OpenAPISchema.object([("error", OpenAPIRoutes.text)]),
            ])
        ),
    ]

    /// A name as a path segment: all but RFC 3986's unreserved characters are percent-encoded.
    static func segment(_ name: String) -> String {
        name.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                return String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return digits.utf8.count < 2 ? "%0\(digits)" : "%\(digits)"
            }
        }.joined()
    }
}
