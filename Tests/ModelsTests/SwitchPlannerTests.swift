import EngineInterface
import Inference
import ServingCore
import Testing

@testable import Models

private let now = MonotonicTime(nanoseconds: 1_000_000_000)

/// A situation in short: `wanted` versions (a `~` behind: files not settled), instances as
/// `version:state`, with a `'` behind the version for one of other files than are wanted.
private func plan(
    _ policy: SwitchPolicy, wanted: String, have: String, missing: [Int64] = [], gone: [Int64] = []
) throws -> String {
    let specification = LoadSpecification(
        AspiredModel(name: try ModelName("m"), baseDirectory: "/m"))
    func target(_ version: Int64, _ content: Int64?) -> VersionTarget {
        VersionTarget(
            version: ModelVersion(version), directory: "/m/\(version)",
            fingerprint: content.map {
                VersionFingerprint(
                    files: [.init(name: "f", byteCount: 1, modified: $0)], latestChange: $0)
            }, specification: specification)
    }
    let targets = wanted.split(separator: " ").map { word in
        target(Int64(word.filter(\.isNumber)) ?? 0, word.hasSuffix("~") ? nil : 1)
    }
    var instances: [VersionMachine] = []
    for (index, word) in have.split(separator: " ").enumerated() {
        let parts = word.split(separator: ":")
        var machine = VersionMachine(
            id: InstanceID(number: UInt64(index + 1)),
            target: target(
                Int64(parts[0].filter(\.isNumber)) ?? 0, parts[0].hasSuffix("'") ? 2 : 1),
            now: now)
        machine.bring(to: String(parts[1]))
        instances.append(machine)
    }
    let found = Set(targets.map(\.version) + instances.map(\.version)).subtracting(
        (gone + missing).map { ModelVersion($0) })
    let plan = SwitchPlanner.plan(
        .init(
            policy: policy, targets: targets, missing: missing.map { ModelVersion($0) },
            found: found, instances: instances, wish: .latest(in: "/m")))
    let retired = plan.retire.keys.sorted().map { "-\($0.number)" }
    return (plan.start.map { "+\($0.version)" } + retired).joined(separator: " ")
}

extension VersionMachine {
    /// Walks to a state by the events that lead there.
    fileprivate mutating func bring(to state: String) {
        let path: [String: Int] = [
            "start": 0, "preparing": 1, "loading": 2, "available": 3, "draining": 4, "ended": 6,
        ]
        if state == "failed" {
            _ = beginPreparing(now)
            _ = loadFailed(
                ServingError(.modelInvalid, "broken"),
                retry: RetryPolicy(attempts: 0, pause: .zero, pauseMaximum: .zero), now)
            return
        }
        let steps = path[state] ?? 0
        if steps >= 1 { _ = beginPreparing(now) }
        if steps >= 2 { _ = loadBegan(memoryBytes: 1, now) }
        if steps >= 3 { _ = loaded(remark: "", now) }
        if steps >= 4 { _ = retire("", now) }
        if steps >= 5 { _ = drained(now) }
        if steps >= 6 { _ = unloaded(now) }
    }
}

/// `+v`: an instance of version v starts; `-n`: the n-th instance of the list retires.
@Test(arguments: [
    // wanted, have, plan
    ("1", "", "+1"),
    ("3 2", "", "+3 +2"),
    ("1~", "", ""),
    ("1", "1:available", ""),
    // The old one stays until the new one is available, also while it fails.
    ("2", "1:available", "+2"),
    ("2", "1:available 2:loading", ""),
    ("2", "1:available 2:failed", ""),
    ("2", "1:available 2:available", "-1"),
    ("2~", "1:available", ""),
    // As many old ones stay as new ones are not yet available; the highest of them.
    ("4 3", "1:available 2:available 3:available 4:loading", "-1"),
    ("3 2", "1:available 2:available 3:failed", ""),
    // Nothing is wanted: everything goes.
    ("", "1:available 2:loading 3:start", "-1 -2 -3"),
    // The same version with other files.
    ("1", "1':available", "+1"),
    ("1", "1':available 1:loading", ""),
    ("1", "1':available 1:failed", ""),
    ("1", "1':available 1:available", "-1"),
    ("1~", "1':available", ""),
    // Outdated before it was loaded: given up at once.
    ("1", "1':loading", "+1 -1"),
    ("1", "1':start", "+1 -1"),
    ("1", "1':failed", "+1"),
    // Unloading versions can be wanted again.
    ("1", "1:draining", "+1"),
    ("1", "1:ended", "+1"),
])
func availabilityIsPreserved(wanted: String, have: String, expected: String) throws {
    #expect(try plan(.availabilityPreserving, wanted: wanted, have: have) == expected)
}

@Test(arguments: [
    ("1", "", "+1"),
    // The old one goes first, and the new one waits until nothing of it is left.
    ("2", "1:available", "-1"),
    ("2", "1:draining", ""),
    ("2", "1:ended", "+2"),
    // Files that are still being copied are no reason to stop serving.
    ("2~", "1:available", ""),
    ("1", "1':available", "-1"),
    ("2", "1:loading", "-1"),
    ("", "1:available", "-1"),
    ("2", "2:failed", ""),
])
func resourcesArePreserved(wanted: String, have: String, expected: String) throws {
    #expect(try plan(.resourcePreserving, wanted: wanted, have: have) == expected)
}

@Test func aRemovedDirectoryIsUnloadedUnlessNothingElseAnswersYet() throws {
    let policy = SwitchPolicy.availabilityPreserving
    #expect(try plan(policy, wanted: "1", have: "2:available", gone: [2]) == "+1")
    #expect(try plan(policy, wanted: "1", have: "2:available 1:loading", gone: [2]) == "")
    #expect(try plan(policy, wanted: "1", have: "2:available 1:available", gone: [2]) == "-1")
    #expect(
        try plan(policy, wanted: "3 1", have: "2:available 1:available 3:failed", gone: [2])
            == "-1")
}

@Test func aSpecificVersionThatNeverWasHoldsTheOldOneAndARemovedOneDoesNot() throws {
    for policy in SwitchPolicy.allCases {
        #expect(try plan(policy, wanted: "", have: "2:available", missing: [3]) == "")
        #expect(try plan(policy, wanted: "", have: "2:available", missing: [2]) == "-1")
    }
}
