public import Inference
public import ServingCore
import Synchronization

/// A set of fake models: finds versions and reports states as the manager does.
public final class FakeService: InferenceService, ModelCatalog {
    private struct Entry {
        var status: ModelStatus
        var servables: [ModelVersion: FakeServable] = [:]
    }

    private let entries = Mutex([ModelName: Entry]())
    private let counter = LeaseCounter()

    /// Starts without models.
    public init() {}

    /// Leases that are out.
    public var leases: Int { counter.leases }

    /// Adds an available version, and labels for it.
    public func add(_ servable: FakeServable, labels: [VersionLabel] = []) {
        let identity = servable.metadata.identity
        entries.withLock { entries in
            let known = entries[identity.name]?.status.versions ?? []
            let added = VersionStatus(
                version: identity.version, state: .available, labels: labels)
            let versions = (known + [added]).sorted { $0.version > $1.version }
            entries[identity.name, default: Entry(status: Self.status(identity.name, []))].status =
                Self.status(identity.name, versions)
            entries[identity.name]?.servables[identity.version] = servable
        }
    }

    /// Sets the state of a model that has no answers (yet, or any more).
    public func setStatus(_ status: ModelStatus) {
        entries.withLock { $0[status.name] = Entry(status: status) }
    }

    public func acquire(_ selector: ModelSelector) throws(ServingError) -> ModelLease {
        guard let entry = entries.withLock({ $0[selector.name] }) else {
            throw ServingError(.modelNotFound, "no model '\(selector.name)'")
        }
        let version = try Self.version(of: selector, in: entry)
        guard let servable = entry.servables[version], let lease = counter.lease(servable) else {
            throw ServingError(.modelNotReady, "\(selector.name)/\(version) is not ready: LOADING")
        }
        return lease
    }

    private static func version(of selector: ModelSelector, in entry: Entry) throws(ServingError)
        -> ModelVersion
    {
        switch selector.choice {
        case .latest:
            guard let version = entry.servables.keys.max() else {
                throw ServingError(.modelNotReady, "\(selector.name) is not ready: LOADING")
            }
            return version
        case .version(let version):
            guard entry.status.versions.contains(where: { $0.version == version }) else {
                throw ServingError(.modelNotFound, "no version \(version) of \(selector.name)")
            }
            return version
        case .label(let label):
            let holder = entry.status.versions.first { $0.labels.contains(label) }
            guard let holder else {
                throw ServingError(.labelNotFound, "no label '\(label)' of \(selector.name)")
            }
            return holder.version
        }
    }

    private static func status(_ name: ModelName, _ versions: [VersionStatus]) -> ModelStatus {
        ModelStatus(
            name: name, versions: versions, isReady: versions.contains { $0.state == .available })
    }

    public func modelStatuses() -> [ModelStatus] {
        entries.withLock { $0.values.map(\.status).sorted { $0.name < $1.name } }
    }

    public func modelStatus(of name: ModelName) -> ModelStatus? {
        entries.withLock { $0[name]?.status }
    }
}
