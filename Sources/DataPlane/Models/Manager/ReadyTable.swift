import Inference
import ServingCore

/// All that a request or a status question needs to know: an immutable snapshot, swapped as a whole.
struct ReadyTable: Sendable {
    /// A version that answers.
    struct ReadyVersion: Sendable {
        let version: ModelVersion
        let servable: any Servable
        let leases: LeaseCounter
        /// Whether it can be asked whether it works: it has a request that worked at warm-up.
        let canBeProbed: Bool
    }

    /// One configured model; an object, so that a request retains it once and copies nothing.
    final class Model: Sendable {
        /// The versions that answer, highest first.
        let ready: [ReadyVersion]
        let labels: [VersionLabel: ModelVersion]
        let status: ModelStatus

        init(
            ready: [ReadyVersion], labels: [VersionLabel: ModelVersion], status: ModelStatus
        ) {
            self.ready = ready
            self.labels = labels
            self.status = status
        }
    }

    /// The configured models by name.
    var models: [ModelName: Model] = [:]
    /// Whether the server is going down.
    var isStopping = false

    /// Finds the version that a selector names.
    ///
    /// - Throws: `model_not_found`, `label_not_found`, `model_not_ready`, `shutting_down`.
    func resolve(_ selector: ModelSelector) throws(ServingError) -> ReadyVersion {
        guard !isStopping else {
            throw ServingError(.shuttingDown, "the server is shutting down")
        }
        guard let model = models[selector.name] else { throw Self.unknown(selector) }
        switch selector.choice {
        case .latest:
            guard let version = model.ready.first else { throw model.notReady() }
            return version
        case .version(let wanted):
            guard let version = model.version(wanted) else {
                throw model.notReady(wanted, selector)
            }
            return version
        case .label(let label):
            guard let wanted = model.labels[label] else {
                throw ServingError(
                    .labelNotFound, "Unrecognized servable version label: \(label)")
            }
            guard let version = model.version(wanted) else {
                throw model.notReady(label, wanted)
            }
            return version
        }
    }

    fileprivate static func unknown(_ selector: ModelSelector) -> ServingError {
        ServingError(.modelNotFound, "Servable not found for request: \(selector)")
    }
}

extension ReadyTable.Model {
    /// The ready version of that number.
    func version(_ version: ModelVersion) -> ReadyTable.ReadyVersion? {
        ready.first { $0.version == version }
    }

    fileprivate func notReady() -> ServingError {
        let reason = status.reason.isEmpty ? "" : ": \(status.reason)"
        return ServingError(
            .modelNotReady, "model \(status.name) has no available version\(reason)")
    }

    fileprivate func notReady(_ version: ModelVersion, _ selector: ModelSelector) -> ServingError {
        guard let known = known(version) else { return ReadyTable.unknown(selector) }
        return ServingError(
            .modelNotReady, "version \(version) of model \(status.name) \(Self.tell(known))")
    }

    fileprivate func notReady(_ label: VersionLabel, _ version: ModelVersion) -> ServingError {
        ServingError(.modelNotReady, unreadiness(of: label, version))
    }

    /// What a label says whose version does not answer; to requests and in readiness alike.
    func unreadiness(of label: VersionLabel, _ version: ModelVersion) -> String {
        let state = known(version).map { "which " + Self.tell($0) } ?? "which does not exist"
        return "label \(label) of model \(status.name) points at version \(version), \(state)"
    }

    /// A version that is on its way, or has failed; one that was simply unloaded is unknown again.
    private func known(_ version: ModelVersion) -> VersionStatus? {
        guard let found = status.versions.first(where: { $0.version == version }) else {
            return nil
        }
        return found.state == .end && found.error == nil ? nil : found
    }

    private static func tell(_ status: VersionStatus) -> String {
        status.state.phrase + (status.reason.isEmpty ? "" : ": \(status.reason)")
    }
}
