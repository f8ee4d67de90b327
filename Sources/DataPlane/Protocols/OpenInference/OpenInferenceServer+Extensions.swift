import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Wire

/// The routes of the extensions: bodies to neutral values, neutral values to documents.
extension OpenInferenceServer {
    /// Answers the request if its route is an extension's; false when it is not.
    func answerExtension(
        _ request: HTTPRequest, _ route: OpenInferenceRoute, _ responder: HTTPResponder
    ) -> Bool {
        switch route {
        case .loadModel(let name): load(name, request, responder)
        case .unloadModel(let name): unload(name, request, responder)
        default:
            let document: Result<ReplyDocument?, ServingError>
            do throws(ServingError) { document = .success(try answer(request, route)) } catch {
                document = .failure(error)
            }
            switch document {
            case .success(nil): return false
            case .success(.some(.list(let elements))) where elements.isEmpty && route.isSilent:
                responder.respond(
                    HTTPResponse(.ok, contentType: OpenInferenceReply.contentType))
            case .success(.some(let document)):
                responder.respond(OpenInferenceReply.document(document))
            case .failure(let error): responder.respond(refuse(error))
            }
        }
        return true
    }

    /// The answer; nil for routes that are none of an extension's.
    private func answer(_ request: HTTPRequest, _ route: OpenInferenceRoute) throws(ServingError)
        -> ReplyDocument?
    {
        switch route {
        case .modelConfiguration(let model):
            return try extensions.configuration(of: model).document
        case .statistics(let model):
            let reports = try extensions.statistics(of: model)
            return .object([("model_stats", .list(reports.map(\.document)))])
        case .repositoryIndex:
            let members = try Self.members(of: request.body)
            let ready = try Self.scalar(members, "ready")?.flag(named: "ready") ?? false
            let entries = try extensions.repository.index(readyOnly: ready)
            return .list(entries.map { $0.document(as: extensions.compatibility) })
        case .traceSettings(let model): return try trace(request, model)
        case .logSettings: return try log(request)
        case .sharedMemory(.system, let action, let region):
            return try memory(action, region, request)
        case .sharedMemory(.cuda, .register, _): throw SystemSharedMemory.cudaRefusal
        case .sharedMemory(.cuda, .status, let region?):
            throw ServingError(
                .routeNotFound,
                "Unable to find cuda shared memory region: '\(region.clipped())'")
        // Clients of Triton tidy up with this before they begin, whether there is a GPU or not.
        case .sharedMemory(.cuda, _, _): return .list([])
        default: return nil
        }
    }

    private func trace(_ request: HTTPRequest, _ model: String?) throws(ServingError)
        -> ReplyDocument
    {
        if let model {
            _ = try extensions.service.acquire(
                try ModelReference(name: model, choice: .latest).checkedSelector())
        }
        if request.method == .POST {
            var changes: [(key: String, values: [String]?)] = []
            for (key, value) in try Self.members(of: request.body).members {
                changes.append((key, try Self.texts(value, key)))
            }
            try extensions.traceSettings.update(changes)
        }
        return .object(
            extensions.traceSettings.current().map { key, values in
                let isList = key == "trace_level"
                return (key, isList ? .list(values.map { .text($0) }) : .text(values.joined()))
            })
    }

    private func log(_ request: HTTPRequest) throws(ServingError) -> ReplyDocument {
        if request.method == .POST {
            var changes: [(key: String, value: ExtensionParameter)] = []
            for (key, value) in try Self.members(of: request.body).members {
                changes.append((key, try ExtensionParameter(value, named: key)))
            }
            try extensions.logSettings.update(changes)
        }
        return .object(extensions.logSettings.current().map { ($0.key, $0.value.document) })
    }

    private func memory(
        _ action: OpenInferenceRoute.SharedMemoryAction, _ region: String?, _ request: HTTPRequest
    ) throws(ServingError) -> ReplyDocument {
        let memory = extensions.sharedMemory
        switch action {
        case .status: return .list(try memory.status(region).map(\.document))
        case .unregister:
            if let region { memory.unregister(region) } else { memory.unregisterAll() }
        case .register:
            let members = try Self.members(of: request.body)
            guard let key = try Self.scalar(members, "key") else { throw Self.missing("key") }
            guard let size = try Self.scalar(members, "byte_size") else {
                throw Self.missing("byte_size")
            }
            try memory.register(
                SystemSharedMemory.Region(
                    name: region ?? "", key: try key.string(named: "key"),
                    offset: try Self.scalar(members, "offset")?.count(named: "offset") ?? 0,
                    byteSize: try size.count(named: "byte_size")))
        }
        return .list([])
    }

    private static func missing(_ field: String) -> ServingError {
        ServingError(
            .invalidRequest, "Shared memory register request has no '\(field)' field")
    }
}

extension OpenInferenceServer {
    private func load(_ name: String, _ request: HTTPRequest, _ responder: HTTPResponder) {
        do throws(ServingError) { try extensions.repository.requireLoading() } catch {
            return responder.respond(refuse(error))
        }
        // Files of up to a hundred megabytes are decoded: not on an event loop.
        onThread(responder) { [self] () throws(ServingError) in
            let parameters = try Self.parameters(of: request.body)
            extensions.repository.load(name, parameters) { finish($0, responder) }
        }
    }

    private func unload(_ name: String, _ request: HTTPRequest, _ responder: HTTPResponder) {
        do throws(ServingError) {
            let parameters = try Self.parameters(of: request.body)
            extensions.repository.unload(name, parameters) { finish($0, responder) }
        } catch {
            responder.respond(refuse(error))
        }
    }

    private func onThread(
        _ responder: HTTPResponder, _ work: @escaping @Sendable () throws(ServingError) -> Void
    ) {
        do throws(ServingError) {
            try NamedThread.start("v2-load") { [self] in
                do throws(ServingError) { try work() } catch { responder.respond(refuse(error)) }
            }
        } catch {
            responder.respond(refuse(error))
        }
    }

    private func finish(_ result: Result<Void, ServingError>, _ responder: HTTPResponder) {
        switch result {
        case .success:
            responder.respond(HTTPResponse(.ok, contentType: OpenInferenceReply.contentType))
        case .failure(let error): responder.respond(refuse(error))
        }
    }

    /// The members of a body's object; none for an empty body, which many clients send.
    private static func members(of body: ByteBuffer) throws(ServingError) -> JSONObject {
        guard body.readableBytes > 0 else { return JSONObject() }
        guard case .object(let object) = try JSONValue(parsing: body) else {
            throw ServingError(.invalidRequest, "the body must be a JSON object")
        }
        return object
    }

    private static func parameters(of body: ByteBuffer) throws(ServingError)
        -> [(key: String, value: ExtensionParameter)]
    {
        guard let parameters = try members(of: body)["parameters"] else { return [] }
        guard case .object(let object) = parameters else {
            throw ServingError(
                .invalidRequest, "Unable to parse 'parameters': it must be an object")
        }
        var result: [(key: String, value: ExtensionParameter)] = []
        for (key, value) in object.members {
            result.append((key, try ExtensionParameter(value, named: key)))
        }
        return result
    }

    private static func scalar(_ object: JSONObject, _ key: String) throws(ServingError)
        -> ExtensionParameter?
    {
        guard let value = object[key] else { return nil }
        return try ExtensionParameter(value, named: key)
    }

    /// A trace setting's value: text, a number, a list of texts, or null.
    private static func texts(_ value: JSONValue, _ key: String) throws(ServingError)
        -> [String]?
    {
        switch value {
        case .null: return nil
        case .array(let elements):
            var texts: [String] = []
            for element in elements {
                texts.append(
                    try ExtensionParameter(element, named: key).string(named: key))
            }
            return texts
        case .integer(let number): return [String(number)]
        default: return [try ExtensionParameter(value, named: key).string(named: key)]
        }
    }
}

extension OpenInferenceRoute {
    /// Whether success has no document.
    fileprivate var isSilent: Bool {
        switch self {
        case .sharedMemory(_, .register, _), .sharedMemory(_, .unregister, _): true
        default: false
        }
    }
}

extension RepositoryEntry {
    /// An element of the repository index.
    ///
    /// The protocol has a state and a reason in each, and MLServer's client relies on that; Triton
    /// leaves out what it does not know.
    fileprivate func document(as compatibility: OpenInferenceCompatibility) -> ReplyDocument {
        let isComplete = compatibility != .triton
        let state = state ?? (isComplete ? .unavailable : nil)
        var members: [(key: String, value: ReplyDocument)] = [("name", .text(name))]
        if let version { members.append(("version", .text(version.description))) }
        if let state { members.append(("state", .text(state.rawValue))) }
        if isComplete || !reason.isEmpty { members.append(("reason", .text(reason))) }
        return .object(members)
    }
}

extension SystemSharedMemory.Region {
    /// An element of the status of regions.
    fileprivate var document: ReplyDocument {
        .object([
            ("name", .text(name)), ("key", .text(key)), ("offset", .integer(offset)),
            ("byte_size", .integer(byteSize)),
        ])
    }
}

extension ExtensionParameter {
    /// The value in a reply; only what log settings have.
    fileprivate var document: ReplyDocument {
        switch self {
        case .boolean(let flag): .flag(flag)
        case .integer(let number): .integer(Int(number))
        case .text(let text): .text(text)
        case .number(let number): .text(String(number))
        case .bytes, .null: .text("")
        }
    }
}
