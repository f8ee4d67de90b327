import Models
import ServingCore
import Testing

@Suite struct LabelAssignmentTests {
    private func state(_ labels: [String: Int64]) throws -> AspiredState {
        var pairs: [VersionLabel: ModelVersion] = [:]
        for (label, version) in labels { pairs[try VersionLabel(label)] = ModelVersion(version) }
        return AspiredState(models: [
            AspiredModel(name: try ModelName("m"), baseDirectory: "/m", labels: pairs)
        ])
    }

    /// Version 1 answers; version 2 does not.
    private func set(
        _ old: [String: Int64], _ new: [String: Int64], _ rule: UnavailableLabels
    ) throws -> (labels: [String: Int64], refusals: [String]) {
        let (result, refusals) = try state(new).settingLabels(from: state(old), rule) {
            $1 == ModelVersion(1)
        }
        let labels = result.models[0].labels.map { ($0.key.text, $0.value.number) }
        return (Dictionary(uniqueKeysWithValues: labels), refusals.map(\.message))
    }

    private func expect(
        _ result: (labels: [String: Int64], refusals: [String]), _ labels: [String: Int64],
        _ refusals: [String], _ place: SourceLocation = #_sourceLocation
    ) {
        #expect(result.labels == labels, sourceLocation: place)
        #expect(result.refusals == refusals, sourceLocation: place)
    }

    private static let refusal =
        "Request to assign label to version 2 of model m, which is not currently available for "
        + "inference"

    @Test func withoutTheSwitchALabelWaitsForItsVersion() throws {
        try expect(set([:], ["a": 1], .none), ["a": 1], [])
        try expect(set([:], ["a": 2], .none), [:], [Self.refusal])
        try expect(set(["a": 1], ["a": 2], .none), ["a": 1], [Self.refusal])
        try expect(set(["a": 2], ["a": 2], .none), ["a": 2], [])
    }

    @Test func withTheSwitchOnlyAMovedLabelWaits() throws {
        try expect(set([:], ["a": 2], .new), ["a": 2], [])
        try expect(set(["a": 1], ["a": 2], .new), ["a": 1], [Self.refusal])
    }

    @Test func anyLabelMayBeSetByDefault() throws {
        try expect(set(["a": 1], ["a": 2], .any), ["a": 2], [])
    }

    @Test func aModelThatIsNewKeepsItsLabels() throws {
        let wanted = try state(["a": 2])
        let (result, refusals) = wanted.settingLabels(from: AspiredState(), .none) { _, _ in false }
        #expect(result == wanted && refusals.isEmpty)
    }
}
