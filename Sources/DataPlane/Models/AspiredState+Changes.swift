public import EngineInterface
public import ServingCore

/// One difference between two wanted states.
public struct AspiredChange: Hashable, Sendable, CustomStringConvertible {
    /// The model concerned.
    public let model: ModelName
    /// What is different: `added`, `versions latest 1 -> latest 2`.
    public let text: String

    /// `digits: versions latest 1 -> latest 2`
    public var description: String { "\(model): \(text)" }
}

extension AspiredState {
    /// What changes from this state to another, by model name.
    func changes(to new: AspiredState) -> [AspiredChange] {
        let old = Dictionary(models.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        let wanted = Dictionary(new.models.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        return Set(old.keys).union(wanted.keys).sorted().flatMap { name -> [AspiredChange] in
            switch (old[name], wanted[name]) {
            case (nil, .some): [AspiredChange(model: name, text: "added")]
            case (.some, nil): [AspiredChange(model: name, text: "removed")]
            case (let old?, let new?):
                old.changes(to: new).map { AspiredChange(model: name, text: $0) }
            case (nil, nil): []
            }
        }
    }

    /// Refuses what cannot be carried out, before any of it is.
    ///
    /// - Throws: `configuration_invalid` for a name given twice, a relative directory, a policy
    ///   without versions, or an engine that does not exist.
    public func check(engines: [any Engine]) throws(ServingError) {
        var names: Set<ModelName> = []
        for model in models {
            guard names.insert(model.name).inserted else {
                throw ServingError(
                    .configurationInvalid, "model \(model.name) is configured twice")
            }
            do throws(ServingError) {
                try model.check(engines: engines)
            } catch {
                throw error.inContext("model \(model.name)")
            }
        }
    }
}

extension AspiredModel {
    fileprivate func check(engines: [any Engine]) throws(ServingError) {
        guard baseDirectory.hasPrefix("/") else {
            throw ServingError(
                .configurationInvalid,
                "the base directory must be an absolute path, not '\(baseDirectory.clipped())'")
        }
        switch versionPolicy {
        case .latest(let count) where count < 1:
            throw ServingError(
                .configurationInvalid, "the latest \(count) versions are none; ask for 1 or more")
        case .specific(let versions) where versions.isEmpty:
            throw ServingError(
                .configurationInvalid, "a list of specific versions must name at least one")
        default: break
        }
        var candidates = engines
        if let engine { candidates = [try EngineChoice.named(engine, among: engines)] }
        try check(options, candidates)
    }

    /// Options must be right for one engine at least; which one it will be, only the files tell.
    private func check(_ options: EngineOptions, _ engines: [any Engine]) throws(ServingError) {
        var first: ServingError?
        for engine in engines {
            do throws(ServingError) { return try engine.check(options) } catch {
                first = first ?? error
            }
        }
        if let first { throw first }
    }

    fileprivate func changes(to new: AspiredModel) -> [String] {
        var changes: [String] = []
        func note(_ what: String, _ old: some Equatable, _ new: some Equatable) {
            if "\(old)" != "\(new)" { changes.append("\(what) \(old) -> \(new)") }
        }
        note("directory", baseDirectory, new.baseDirectory)
        note("versions", versionPolicy.phrase, new.versionPolicy.phrase)
        note("labels", phrase(labels), phrase(new.labels))
        note("switch", switchPolicy.rawValue, new.switchPolicy.rawValue)
        note("engine", engine ?? "recognised", new.engine ?? "recognised")
        if options != new.options { changes.append("engine options changed") }
        if scheduling != new.scheduling { changes.append("scheduling changed") }
        if warmUp != new.warmUp { changes.append("warm-up changed") }
        if retry != new.retry { changes.append("retries changed") }
        if worker != new.worker { changes.append("isolation or workers changed") }
        if content != new.content { changes.append("model configuration changed") }
        note("layout", layout.rawValue, new.layout.rawValue)
        if let fault = new.fault, fault != self.fault {
            changes.append("model configuration is at fault: \(fault)")
        }
        if fault != nil, new.fault == nil { changes.append("model configuration is right again") }
        return changes
    }

    private func phrase(_ labels: [VersionLabel: ModelVersion]) -> String {
        labels.isEmpty
            ? "none"
            : labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                .joined(separator: ", ")
    }
}

extension VersionPolicy {
    fileprivate var phrase: String {
        switch self {
        case .latest(let count): "latest \(count)"
        case .all: "all"
        case .specific(let versions):
            "specific \(versions.map(\.description).joined(separator: ", "))"
        }
    }
}
