import Inference
import Logging
import Models
import ServingCore
import Synchronization

/// Sets the labels of a wanted state by the configured rule, and those that were held back later.
final class LabelKeeper: Sendable {
    private struct State {
        /// What was asked for last; nil when all its labels are set.
        var pending: AspiredState?
        /// The refusals that were logged, so that each is said once.
        var said: [String] = []
    }

    private let manager: ModelManager
    private let rule: UnavailableLabels
    private let logger: Logger
    private let state = Mutex(State())

    init(_ manager: ModelManager, rule: UnavailableLabels, logger: Logger) {
        self.manager = manager
        self.rule = rule
        self.logger = logger
    }

    /// Wants a state, as far as its labels may be set now.
    ///
    /// - Throws: `configuration_invalid`; then nothing has changed.
    /// - Returns: The labels that were held back; they are set by `retry` once they may be.
    @discardableResult
    func apply(_ wanted: AspiredState) throws(ServingError) -> [ServingError] {
        try state.withLock { (state) throws(ServingError) in try apply(wanted, &state) }
    }

    /// Sets the labels that were held back, if they may be set now; called every second.
    func retry() {
        state.withLock { state in
            guard let pending = state.pending else { return }
            // What is wanted was checked when it was applied first.
            do throws(ServingError) { try apply(pending, &state) } catch {
                logger.error("\(error.message); labels stay as they are")
                state.pending = nil
            }
        }
    }

    @discardableResult
    private func apply(
        _ wanted: AspiredState, _ state: inout State
    ) throws(ServingError) -> [ServingError] {
        let current = manager.aspiredState
        let (allowed, refusals) = wanted.settingLabels(from: current, rule) { name, version in
            manager.modelStatus(of: name)?.versions.contains {
                $0.version == version && $0.state == .available
            } ?? false
        }
        if allowed != current { try manager.apply(allowed) }
        state.pending = refusals.isEmpty ? nil : wanted
        for refusal in refusals where !state.said.contains(refusal.message) {
            logger.error("\(refusal.message); the label stays as it is until then")
        }
        state.said = refusals.map(\.message)
        return refusals
    }
}
