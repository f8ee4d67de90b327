// Only where the rooms are built for testing: debug builds and `make fuzz`.
#if DEBUG || FUZZING

    import Inference
    import NIOCore
    import ServingCore
    import Synchronization
    import Wire

    @testable import Protocols

    /// Takes the requests of the Open Inference Protocol's extensions over gRPC: loading a model with
    /// files, settings, statistics and shared memory.
    ///
    /// The first byte chooses the method. Files that are taken have paths below the model's directory.
    public func fuzzExtensionRequests(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first, let fuzzed = FuzzedModels.shared else { return }
        let body = ByteBuffer(bytes: bytes.dropFirst())
        let administration = CheckedAdministration()
        let repository = ModelRepository(administration, catalog: administration)
        do throws(ServingError) {
            switch first % 4 {
            case 0:
                RepositoryMessages(repository: repository).load(body) { _ in }
            case 1: _ = try SettingsMessages(extensions: fuzzed.extensions).trace(body)
            case 2: _ = try SettingsMessages(extensions: fuzzed.extensions).log(body)
            default:
                guard case .object(let object) = try JSONValue(parsing: body) else { return }
                var parameters: [(key: String, value: ExtensionParameter)] = []
                for (key, value) in object.members {
                    parameters.append((key, try ExtensionParameter(value, named: key)))
                }
                repository.load("m", parameters) { _ in }
            }
        } catch {
            promise(error.message.utf8.count < 1 << 14, "an error clips what a client sent")
        }
    }

    /// Looks at what it is asked to load, and loads nothing.
    private final class CheckedAdministration: ModelAdministration, ModelCatalog {
        var allowsLoading: Bool { true }
        var allowsReplacing: Bool { true }

        func loadModel(
            _ request: ModelLoadRequest,
            completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
        ) {
            for file in request.files {
                let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
                promise(
                    parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." },
                    "a file is below the model's directory")
                promise(!file.path.utf8.contains(0), "a path has no NUL")
            }
            completion(.success(()))
        }
        func unloadModel(
            _ name: ModelName, completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
        ) { completion(.success(())) }
        func replaceModels(
            _ models: [ModelDescription],
            completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
        ) { completion(.success(())) }
        func repositoryIndex() -> [RepositoryEntry] { [] }
        func location(of name: ModelName) -> String? { nil }
        func modelStatuses() -> [ModelStatus] { [] }
        func modelStatus(of name: ModelName) -> ModelStatus? { nil }
    }

#endif
