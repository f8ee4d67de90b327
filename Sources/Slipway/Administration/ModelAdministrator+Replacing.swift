import Inference
import Models
import ServingCore
import Synchronization

/// Replacing the whole set of models, as TensorFlow Serving's `HandleReloadConfigRequest` does.
extension ModelAdministrator {
    func replaceModels(
        _ models: [ModelDescription],
        completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
    ) {
        guard allowsReplacing else {
            return completion(
                .failure(
                    ServingError(
                        .unsupported,
                        "clients may not replace the models: the server's operator can set "
                            + "'model_control: explicit'")))
        }
        submit(completion) { [self] completion in
            do throws(ServingError) {
                try state.withLock { (state) throws(ServingError) in
                    try replace(models, &state, completion)
                }
            } catch {
                completion(.failure(error))
            }
        }
    }

    private func replace(
        _ descriptions: [ModelDescription], _ state: inout State,
        _ completion: @escaping AdministrationCompletion
    ) throws(ServingError) {
        let current = manager.aspiredState
        let models = try ModelReplacement(
            current: current, base: state.wanted.base, engines: Engines.names
        ).models(descriptions)
        let refusals = AspiredState(models: models).settingLabels(
            from: current, settings.labels, isAvailable: isAvailable
        ).refusals
        if let refusal = refusals.first { throw refusal }
        let known = Dictionary(
            current.models.map { ($0.name, $0.baseDirectory) }, uniquingKeysWith: { $1 })
        let fresh = models.filter { known[$0.name] != $0.baseDirectory }
        let before = state.wanted
        state.wanted.replace(models)
        do throws(ServingError) {
            try manager.change(
                to: assemble(&state), goal: .available(Set(fresh.map(\.name))),
                timeout: settings.timeout
            ) { [self] result in
                let result = result.flatMap { checkLabels(of: fresh) }
                followUp(result, completion) { administrator in
                    administrator.state.withLock { administrator.forgetUnused(&$0) }
                }
            }
        } catch {
            state.wanted = before
            throw error
        }
        state.latest = [:]
    }

    /// New models are loaded before their labels can be judged.
    private func checkLabels(of models: [AspiredModel]) -> Result<Void, ServingError> {
        guard settings.labels == .none else { return .success(()) }
        for model in models {
            for version in model.labels.values.sorted()
            where !isAvailable(model.name, version) {
                return .failure(
                    UnavailableLabels.refusal(of: version, model.name))
            }
        }
        return .success(())
    }
}

/// Turns TensorFlow Serving's description of all models into wanted models; refuses in its words.
struct ModelReplacement {
    /// What is wanted now; a model that stays keeps what the description does not say.
    let current: AspiredState
    /// The models that were there without single changes; new ones get what all of these share.
    let base: [AspiredModel]
    let engines: [String]

    /// The models, all checked before any is used.
    ///
    /// - Throws: `configuration_invalid`, `invalid_name`.
    func models(_ descriptions: [ModelDescription]) throws(ServingError) -> [AspiredModel] {
        var names: Set<String> = []
        for description in descriptions where !names.insert(description.name).inserted {
            throw ServingError(
                .configurationInvalid,
                "Illegal to list model \(description.name.clipped()) multiple times in config list")
        }
        var models: [AspiredModel] = []
        for description in descriptions { models.append(try model(description)) }
        return models
    }

    private func model(_ description: ModelDescription) throws(ServingError) -> AspiredModel {
        guard description.basePath.hasPrefix("/"), !description.basePath.utf8.contains(0) else {
            throw ServingError(
                .configurationInvalid,
                "Expected model \(description.name.clipped()) to have an absolute path or URI; got "
                    + "base_path()=\(description.basePath.clipped())")
        }
        let name = try ModelName(description.name)
        var model =
            current.models.first { $0.name == name }
            ?? AspiredModel(name: name, baseDirectory: description.basePath)
        if !current.models.contains(where: { $0.name == name }), let first = base.first,
            base.allSatisfy({
                $0.scheduling == first.scheduling && $0.warmUp == first.warmUp
                    && $0.retry == first.retry
            })
        {
            model.scheduling = first.scheduling
            model.warmUp = first.warmUp
            model.retry = first.retry
        }
        model.baseDirectory = description.basePath
        model.layout = .numbered
        model.content = ContentExpectation()
        model.fault = nil
        model.engine = try engine(description)
        model.versionPolicy = try versions(description)
        model.labels = [:]
        for (label, version) in description.labels {
            guard version >= 0 else {
                throw ServingError(
                    .configurationInvalid,
                    "label \(label.clipped()) of model \(name) names version \(version); versions "
                        + "are 0 or more")
            }
            model.labels[try VersionLabel(label)] = ModelVersion(version)
        }
        return model
    }

    /// `tensorflow` is what every file of the original says; it leaves the choice to the files.
    private func engine(_ description: ModelDescription) throws(ServingError) -> String? {
        let platform = description.platform
        if platform.isEmpty || platform == "tensorflow" { return nil }
        guard engines.contains(platform) else {
            throw ServingError(
                .configurationInvalid,
                "model \(description.name.clipped()) has platform '\(platform.clipped())', which no "
                    + "engine here runs (engines: \(engines.joined(separator: ", ")))")
        }
        return platform
    }

    private func versions(_ description: ModelDescription) throws(ServingError) -> VersionPolicy {
        switch description.versions {
        case .all: return .all
        case .latest(let count): return .latest(max(1, count))
        case .specific(let versions):
            guard !versions.isEmpty, versions.allSatisfy({ $0 >= 0 }),
                versions.count <= Limits.versionsPerModelMaximum
            else {
                throw ServingError(
                    .configurationInvalid,
                    "model \(description.name.clipped()) asks for specific versions, which must be "
                        + "1 to \(Limits.versionsPerModelMaximum) numbers, 0 or more")
            }
            return .specific(Set(versions).sorted().map(ModelVersion.init))
        }
    }
}
