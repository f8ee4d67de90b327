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
            let members = try ExtensionBody.members(of: request.body)
            let ready = try ExtensionBody.scalar(members, "ready")?.flag(named: "ready") ?? false
            let entries = extensions.repository.index(readyOnly: ready)
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
            for (key, value) in try ExtensionBody.members(of: request.body).members {
                changes.append((key, try ExtensionBody.texts(value, key)))
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
            for (key, value) in try ExtensionBody.members(of: request.body).members {
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
            let members = try ExtensionBody.members(of: request.body)
            guard let key = try ExtensionBody.scalar(members, "key") else {
                throw Self.missing("key")
            }
            guard let size = try ExtensionBody.scalar(members, "byte_size") else {
                throw Self.missing("byte_size")
            }
            try memory.register(
                SystemSharedMemory.Region(
                    name: region ?? "", key: try key.string(named: "key"),
                    offset: try ExtensionBody.scalar(members, "offset")?.count(named: "offset")
                        ?? 0,
                    byteSize: try size.count(named: "byte_size")))
        }
        return .list([])
    }

    private static func missing(_ field: String) -> ServingError {
        ServingError(
            .invalidRequest, "Shared memory register request has no '\(field)' field")
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
