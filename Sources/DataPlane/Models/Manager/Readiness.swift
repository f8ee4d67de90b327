import Inference
import ServingCore

/// Whether the server, or one version, can answer; computed from the table and each version's health.
extension ReadyTable {
    /// Every reason why the server is not ready.
    var unreadiness: [String] {
        if isStopping { return ["the server is shutting down"] }
        return models.keys.sorted().flatMap { models[$0]?.unreadiness ?? [] }
    }

    /// Why a version cannot answer; nil when it can.
    func unreadiness(of selector: ModelSelector) -> ServingError? {
        do throws(ServingError) {
            let version = try resolve(selector)
            return version.unreadiness.map {
                ServingError(
                    .modelNotReady, "version \(version.version) of model \(selector.name) \($0)")
            }
        } catch {
            return error
        }
    }
}

extension ReadyTable.Model {
    /// What about this model keeps the server from being ready.
    var unreadiness: [String] {
        guard let latest = ready.first else {
            let reason = status.reason.isEmpty ? "" : ": \(status.reason)"
            return ["model \(status.name) has no available version\(reason)"]
        }
        var reasons: [String] = []
        if let reason = latest.unreadiness {
            reasons.append("version \(latest.version) of model \(status.name) \(reason)")
        }
        for (label, wanted) in labels.sorted(by: { $0.key < $1.key }) {
            guard let version = version(wanted) else {
                reasons.append(unreadiness(of: label, wanted))
                continue
            }
            if version.version != latest.version, let reason = version.unreadiness {
                reasons.append("version \(wanted) of model \(status.name) \(reason)")
            }
        }
        return reasons
    }
}

extension ReadyTable.ReadyVersion {
    /// What its latest runs hold against it.
    ///
    /// A version without a warm-up request counts as ready whatever its runs say: nothing but
    /// traffic could ever prove it again, and a server that is not ready gets none.
    var unreadiness: String? {
        let health = servable.health
        if let condition = health.condition { return "cannot answer: \(condition.message)" }
        guard canBeProbed else { return nil }
        guard !health.isProven else { return nil }
        guard let error = health.lastError else { return "has not yet answered a request" }
        let failures = health.consecutiveFailures
        return
            "has failed \(failures == 1 ? "once" : "\(failures) times in a row"): \(error.message)"
    }

    /// The remark for status routes when its runs fail, or none has worked yet.
    var healthRemark: String {
        let health = servable.health
        if let condition = health.condition { return condition.message }
        if let error = health.lastError {
            let failures = health.consecutiveFailures
            let what = failures == 1 ? "the latest run has" : "\(failures) runs in a row have"
            return "\(what) failed: \(error.message)"
        }
        guard health.lastSuccess == nil else { return "" }
        return "unproven: no warm-up request is recorded and no prediction has worked yet"
    }
}
