import Inference
import ServingCore

/// What the machine says to people.
extension ModelMachine {
    /// The state of every version that is wanted, loaded or remembered, highest first.
    var versionStatuses: [VersionStatus] {
        let situation = situation
        var versions = Set(instances.map(\.version))
        versions.formUnion(situation?.targets.map(\.version) ?? [])
        versions.formUnion(situation?.missing ?? [])
        return versions.sorted(by: >).map { version in
            let own = instances.filter { $0.version == version }
            let labels = (aspired?.labels ?? [:]).filter { $0.value == version }.keys.sorted()
            guard let shown = own.max(by: { $0.rank < $1.rank }), !isUnseen(shown, situation) else {
                return VersionStatus(
                    version: version, state: .start, reason: waitReason(version), labels: labels)
            }
            let (reason, error) = explain(shown, among: own)
            return VersionStatus(
                version: version, state: shown.state, reason: reason, error: error, labels: labels)
        }
    }

    /// What is wrong with the base directory; empty when nothing is.
    var directoryRemark: String {
        if trouble.isEmpty { return listing?.remarks.joined(separator: "; ") ?? "" }
        return reason
    }

    /// Why no version answers, or the base directory's trouble; empty when all is well.
    var reason: String {
        if !trouble.isEmpty {
            let isServing = instances.contains(where: \.isAvailable)
            return trouble + (isServing ? "; what is loaded stays loaded" : "")
        }
        guard let listing, listing.baseDirectory == aspired?.baseDirectory else {
            return "the base directory has not been read yet"
        }
        let remarks = listing.remarks.joined(separator: "; ")
        guard !instances.contains(where: \.isAvailable) else { return remarks }
        let statuses = versionStatuses.prefix(3).map { status in
            "version \(status.version) \(status.state.phrase)"
                + (status.reason.isEmpty ? "" : ": \(status.reason)")
        }
        return (statuses + (remarks.isEmpty ? [] : [remarks])).joined(separator: "; ")
    }

    /// An ended instance of a version that is wanted again tells less than what it waits for.
    private func isUnseen(_ shown: VersionMachine, _ situation: SwitchPlanner.Situation?) -> Bool {
        guard shown.isEnded, shown.endedError == nil, let situation else { return false }
        return situation.target(of: shown.version) != nil
            || situation.missing.contains(shown.version)
    }

    /// The state of the best instance, with what is going on beside it.
    private func explain(_ shown: VersionMachine, among own: [VersionMachine])
        -> (String, ServingError?)
    {
        guard shown.isAvailable else {
            if let error = shown.endedError {
                if case .changing? = files[shown.version] {
                    return (error.message + "; its files are changing and will be tried", error)
                }
                return (error.message, error)
            }
            return (shown.remark, shown.isPending ? shown.lastError : nil)
        }
        guard let newer = own.last, newer.id > shown.id else {
            return (fileRemark(shown) ?? shown.remark, nil)
        }
        if let error = newer.endedError ?? newer.lastError {
            return (
                "its files or options have changed, but loading them failed (\(error.message)); "
                    + "what was loaded before still answers", error
            )
        }
        return ("its files or options have changed and are being loaded", nil)
    }

    /// What has become of the files of a version that answers; nil while they are as they were.
    private func fileRemark(_ shown: VersionMachine) -> String? {
        switch files[shown.version] {
        case .changing?: "its files are changing; they are loaded when they have settled"
        case .empty?: "its directory is empty; what was loaded before still answers"
        case .unreadable(let message)?: message + "; what was loaded before still answers"
        case .settled?, nil: nil
        }
    }

    private func waitReason(_ version: ModelVersion) -> String {
        guard let directory = listing?.found[version] else {
            return "its directory does not exist"
        }
        switch files[version] {
        case .changing?: return "the files in \(directory) are still changing"
        case .empty?: return "\(directory) is empty; waiting for its files"
        case .unreadable(let message)?: return message
        case .settled?: return "another version has to be unloaded first"
        case nil: return "\(directory) has not been read yet"
        }
    }
}

extension VersionMachine {
    /// Which of several instances of one version is shown: the one that answers, else the one that
    /// is nearest to answering.
    fileprivate var rank: (Int, InstanceID) {
        let order =
            switch phase {
            case .available: 5
            case .loading: 4
            case .waiting, .preparing: 3
            case .draining, .freeing: 2
            case .ended(let error): error == nil ? 0 : 1
            }
        return (order, id)
    }
}

extension VersionState {
    /// The state as part of a sentence.
    var phrase: String {
        switch self {
        case .start: "is waiting"
        case .loading: "is loading"
        case .available: "is available"
        case .unloading: "is unloading"
        case .end: "has ended"
        }
    }
}
