import Inference
import Models
import ServingCore
import Synchronization

/// What is there and what could be.
extension ModelAdministrator {
    static let unloadedNote = "unloaded"
    /// Notes about models that are not wanted; more are forgotten, whichever they are.
    private static let notesMaximum = 1000

    func repositoryIndex() -> [RepositoryEntry] {
        let statuses = manager.modelStatuses()
        let known = Set(statuses.map(\.name))
        let (repository, notes) = shown.withLock { ($0.repository, $0.notes) }
        let others = Set(repository).union(notes.keys).subtracting(known)
        return
            (statuses.flatMap(Self.entries)
            + others.map { name in
                RepositoryEntry(
                    name: name.text, version: nil, state: notes[name].map { _ in .unavailable },
                    reason: notes[name] ?? "")
            }).sorted { ($0.name, $1.version ?? .init(0)) < ($1.name, $0.version ?? .init(0)) }
    }

    func location(of name: ModelName) -> String? {
        manager.aspiredState.models.first { $0.name == name }?.baseDirectory
    }

    /// Remembers why a model is not there; nil when it is.
    func note(_ name: ModelName, _ text: String?) {
        shown.withLock { shown in
            shown.notes[name] = text
            if shown.notes.count > Self.notesMaximum, let any = shown.notes.keys.first {
                shown.notes[any] = nil
            }
        }
    }

    func noteUnloaded(_ name: ModelName) { note(name, Self.unloadedNote) }

    private static func entries(_ status: ModelStatus) -> [RepositoryEntry] {
        guard !status.versions.isEmpty else {
            return [
                RepositoryEntry(
                    name: status.name.text, version: nil, state: .unavailable,
                    reason: status.reason)
            ]
        }
        return status.versions.map { version in
            RepositoryEntry(
                name: status.name.text, version: version.version, state: state(version),
                reason: version.state == .end && version.reason.isEmpty
                    ? unloadedNote : version.reason)
        }
    }

    private static func state(_ version: VersionStatus) -> RepositoryEntry.State {
        switch version.state {
        case .start, .loading: .loading
        case .available: .ready
        case .unloading: .unloading
        case .end: .unavailable
        }
    }
}
