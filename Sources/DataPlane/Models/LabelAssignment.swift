public import ServingCore

/// Which labels may be set to versions that are not available.
public enum UnavailableLabels: String, Hashable, Sendable, CaseIterable {
    /// All: a label whose version does not answer yet is not ready.
    case any
    /// New ones only; one that moves stays until its new version is available.
    case new
    /// None; a label is set once its version is available.
    case none

    /// Why a label is not set, in TensorFlow Serving's words.
    public static func refusal(of version: ModelVersion, _ model: ModelName) -> ServingError {
        ServingError(
            .modelNotReady,
            "Request to assign label to version \(version) of model \(model), "
                + "which is not currently available for inference")
    }
}

extension AspiredState {
    /// This state with the labels that may be set now, by TensorFlow Serving's rule.
    ///
    /// A label that may not be set keeps the version that it has in `old`, or is left away; asking
    /// again later, with the same arguments, sets it once it may be. Models that `old` lacks keep
    /// all their labels: none of their versions can be available before they are wanted.
    ///
    /// - Parameters:
    ///   - old: What is wanted until now.
    ///   - rule: Which labels may name unavailable versions.
    ///   - isAvailable: Whether a version answers.
    /// - Returns: The state, and an error for each label that was held back, in TensorFlow Serving's
    ///   words.
    public func settingLabels(
        from old: AspiredState, _ rule: UnavailableLabels,
        isAvailable: (_ model: ModelName, _ version: ModelVersion) -> Bool
    ) -> (state: AspiredState, refusals: [ServingError]) {
        guard rule != .any else { return (self, []) }
        let before = Dictionary(old.models.map { ($0.name, $0.labels) }, uniquingKeysWith: { $1 })
        var state = self
        var refusals: [ServingError] = []
        for index in state.models.indices {
            let model = state.models[index]
            guard let known = before[model.name] else { continue }
            for (label, version) in model.labels.sorted(by: { $0.key < $1.key }) {
                let isAllowed =
                    known[label] == version || (rule == .new && known[label] == nil)
                    || isAvailable(model.name, version)
                guard !isAllowed else { continue }
                state.models[index].labels[label] = known[label]
                refusals.append(UnavailableLabels.refusal(of: version, model.name))
            }
        }
        return (state, refusals)
    }
}
