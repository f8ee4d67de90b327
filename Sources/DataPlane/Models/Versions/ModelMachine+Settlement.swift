import Inference
import ServingCore

/// Where a model stands between a wish and its fulfilment.
enum Settlement: Sendable {
    /// Something is still under way.
    case pending
    /// Memory is missing; what is being unloaded elsewhere may give it.
    case short(ServingError)
    /// Every wanted version answers.
    case available
    /// A wanted version has failed at least once, or nothing can be loaded at all.
    case failed(ServingError)
}

extension ModelMachine {
    /// Where a model that is wanted stands, judged by a scan that began after the latest wish.
    var settlement: Settlement {
        guard aspired != nil else { return .pending }
        guard !awaitsScan else { return .pending }
        guard trouble.isEmpty else {
            let code: ErrorCode = aspired?.fault == nil ? .fileUnreadable : .configurationInvalid
            return .failed(ServingError(code, "model \(name): \(trouble)"))
        }
        guard let situation else { return .pending }
        if let missing = situation.missing.first {
            return .failed(
                ServingError(
                    .modelNotFound,
                    "version \(missing) of model \(name) does not exist in "
                        + "\(aspired?.baseDirectory ?? "")"))
        }
        guard !situation.targets.isEmpty else {
            return .failed(ServingError(.modelNotFound, "model \(name): \(reason)"))
        }
        return settlement(of: situation)
    }

    private func settlement(of situation: SwitchPlanner.Situation) -> Settlement {
        var worst = Settlement.available
        for target in situation.targets {
            switch settlement(of: target) {
            case .available: break
            case .failed(let error): return .failed(error.inContext("model \(name)"))
            case .short(let error):
                if case .available = worst { worst = .short(error) }
            case .pending: worst = .pending
            }
        }
        return worst
    }

    private func settlement(of target: VersionTarget) -> Settlement {
        switch files[target.version] {
        case .empty?:
            return .failed(ServingError(.modelInvalid, "\(target.directory) is empty"))
        case .unreadable(let message)?:
            return .failed(ServingError(.fileUnreadable, message))
        case .changing?, nil: return .pending
        case .settled?: break
        }
        let own = instances.filter { $0.target == target && !$0.isAbandoned }
        if own.contains(where: \.isAvailable) { return .available }
        guard let latest = own.last else { return .pending }
        if let error = latest.endedError ?? latest.lastError { return .failed(error) }
        // One that a loader thread looks at again may have its memory by now.
        guard latest.isShortOfMemory, case .waiting = latest.phase else { return .pending }
        return .short(ServingError(.resourceExhausted, "model \(name): \(latest.remark)"))
    }

    /// Whether an instance is on its way out, so that its memory will be free soon.
    var isFreeingMemory: Bool {
        instances.contains { instance in
            switch instance.phase {
            case .draining, .freeing: true
            case .preparing, .loading: instance.isAbandoned
            default: false
            }
        }
    }
}
