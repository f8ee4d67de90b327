import Inference
import ServingCore
import Wire

/// The extension `model_repository`: which models there are, and loading and unloading them.
struct ModelRepository: Sendable {
    private let administration: (any ModelAdministration)?
    private let catalog: any ModelCatalog

    /// Works on an administration; without one, and while it does not allow loading, nothing is
    /// loaded or unloaded and the index lists what is served.
    init(_ administration: (any ModelAdministration)?, catalog: any ModelCatalog) {
        self.administration = administration
        self.catalog = catalog
    }

    /// The index: one entry a version.
    func index(readyOnly: Bool) -> [RepositoryEntry] {
        let all = administration?.repositoryIndex() ?? Self.served(catalog.modelStatuses())
        return readyOnly ? all.filter { $0.state == .ready } : all
    }

    /// Loads a model, or loads it again.
    ///
    /// - Parameters:
    ///   - parameters: `config`, and files as `file:1/model.onnx`; text is base64.
    ///   - completion: Called once: `unsupported` when loading is not allowed, `invalid_request` for
    ///     parameters, otherwise as `ModelAdministration.loadModel`.
    func load(
        _ name: String, _ parameters: [(key: String, value: ExtensionParameter)],
        completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
    ) {
        do throws(ServingError) {
            let administration = try allowed()
            let request = try Self.loadRequest(name, parameters)
            administration.loadModel(request, completion: completion)
        } catch {
            completion(.failure(error))
        }
    }

    /// Unloads a model.
    ///
    /// - Parameters:
    ///   - parameters: `unload_dependents`, which changes nothing: no model here depends on another.
    ///   - completion: Called once: `unsupported` when unloading is not allowed, `invalid_request`
    ///     for parameters, otherwise as `ModelAdministration.unloadModel`.
    func unload(
        _ name: String, _ parameters: [(key: String, value: ExtensionParameter)],
        completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
    ) {
        do throws(ServingError) {
            let administration = try allowed()
            for (key, value) in parameters where key == "unload_dependents" {
                _ = try value.flag(named: key)
            }
            administration.unloadModel(try Self.modelName(name), completion: completion)
        } catch {
            completion(.failure(error))
        }
    }

    /// Refuses when clients may not load models.
    ///
    /// - Throws: `unsupported`, with what to do.
    func requireLoading() throws(ServingError) { _ = try allowed() }

    private func allowed() throws(ServingError) -> any ModelAdministration {
        guard let administration, administration.allowsLoading else {
            throw ServingError(
                .unsupported,
                "explicit model load / unload is not allowed on this server; allow it with "
                    + "'model_control: explicit' in the configuration")
        }
        return administration
    }

    private static func served(_ models: [ModelStatus]) -> [RepositoryEntry] {
        models.flatMap { model in
            model.versions.map { version in
                RepositoryEntry(
                    name: model.name.text, version: version.version,
                    state: state(of: version.state),
                    reason: version.error?.message ?? version.reason)
            }
        }
    }

    private static func state(of state: VersionState) -> RepositoryEntry.State {
        switch state {
        case .start, .loading: .loading
        case .available: .ready
        case .unloading: .unloading
        case .end: .unavailable
        }
    }
}

extension ModelRepository {
    /// Reads the parameters of a load.
    ///
    /// - Throws: `invalid_request` for unknown parameters, paths that leave the model's directory,
    ///   bad base64, and files without `config`, which Triton demands as well.
    static func loadRequest(
        _ name: String, _ parameters: [(key: String, value: ExtensionParameter)]
    ) throws(ServingError) -> ModelLoadRequest {
        var request = ModelLoadRequest(name: try modelName(name))
        var paths: Set<String> = []
        for (key, value) in parameters {
            if key == "config" {
                request.configuration = try value.string(named: key)
            } else if key.hasPrefix("file:") {
                let path = try filePath(String(key.dropFirst(5)))
                guard paths.insert(path).inserted else {
                    throw ServingError(
                        .invalidRequest, "the file '\(path.clipped())' is given twice")
                }
                request.files.append(.init(path: path, content: try content(value, path)))
            } else {
                throw ServingError(
                    .invalidRequest,
                    "unrecognized load parameter '\(key.clipped())'; known are 'config' and "
                        + "'file:VERSION/NAME'")
            }
        }
        guard request.files.isEmpty || request.configuration != nil else {
            throw ServingError(
                .invalidRequest,
                "failed to load '\(name.clipped())': override model directory is provided without "
                    + "the parameter 'config'")
        }
        return request
    }

    static func modelName(_ name: String) throws(ServingError) -> ModelName {
        do throws(ServingError) { return try ModelName(name) } catch {
            throw ServingError(.invalidRequest, error.message)
        }
    }

    /// A path below the model's directory, `1/model.onnx`: no part may lead elsewhere.
    private static func filePath(_ path: String) throws(ServingError) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isBelow =
            path.utf8.count <= 1024 && parts.count >= 2 && parts.count <= 8
            && ModelVersion(directoryName: parts[0]) != nil
            && parts.allSatisfy { part in
                !part.isEmpty && part != "." && part != ".."
                    && part.utf8.count <= Limits.nameBytesMaximum
                    && part.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x5C && $0 != 0x7F }
            }
        guard isBelow else {
            throw ServingError(
                .invalidRequest,
                "'file:\(path.clipped())' names no file of a model; give it as "
                    + "'file:VERSION/NAME', such as 'file:1/model.onnx', without '..'")
        }
        return path
    }

    private static func content(_ value: ExtensionParameter, _ path: String)
        throws(ServingError) -> [UInt8]
    {
        if case .bytes(let bytes) = value { return bytes }
        let text = try value.string(named: "file:" + path)
        do throws(ServingError) {
            return try Base64.decode(text.utf8, .tensorFlowServing)
        } catch {
            throw ServingError(
                .invalidRequest, "the content of 'file:\(path.clipped())' is no base64")
        }
    }
}
