import Glibc
import ServingCore
import Testing

@testable import Models

@Test(arguments: [
    (VersionPolicy.latest(1), "4"), (.latest(2), "4 3"), (.latest(9), "4 3 2 1"),
    (.all, "4 3 2 1"), (.specific([ModelVersion(2), ModelVersion(7)]), "2"),
])
func policiesSelectVersions(policy: VersionPolicy, expected: String) {
    let found = [1, 2, 3, 4].map { ModelVersion($0) }
    let wanted = VersionSelection.wanted(policy, labels: [], found: found)
    #expect(wanted.map(\.description).joined(separator: " ") == expected)
}

@Test func aLabelKeepsItsVersionWanted() {
    let found = [1, 2, 3].map { ModelVersion($0) }
    let wanted = VersionSelection.wanted(
        .latest(1), labels: [ModelVersion(1), ModelVersion(9)], found: found)
    #expect(wanted == [ModelVersion(3), ModelVersion(1)])
    #expect(
        VersionSelection.missing(.specific([ModelVersion(2), ModelVersion(5)]), found: found)
            == [ModelVersion(5)])
}

@Test func onlyDirectoriesNamedByNumbersAreVersions() {
    let entries =
        [
            "1", "00000123", "123", "2.tmp", "3.part", ".1.swp", "model", "-5",
            "99999999999999999999",
        ]
        .map { DirectoryEntry($0) } + [DirectoryEntry("7", isDirectory: false)]
    let candidates = VersionSelection.candidates(among: entries)
    #expect(candidates.directories == [ModelVersion(1): "1", ModelVersion(123): "123"])
    #expect(
        candidates.remarks == [
            "'00000123' and '123' are both version 123; '123' is used, remove the other",
            "'7' is a file, not a version directory",
        ])
    #expect(candidates.otherDirectories.contains("model"))
}

private func listing(_ byteCount: Int, age: Duration, version: Int64 = 1, also: [Int64] = [])
    -> BaseListing
{
    let wanted = BaseListing.Wanted(
        version: ModelVersion(version), directory: "/m/\(version)",
        content: .success(
            VersionFingerprint(
                files: byteCount < 0
                    ? [] : [.init(name: "f", byteCount: byteCount, modified: 0)], latestChange: 0)),
        ageNanoseconds: age == .seconds(-1) ? -1 : Int64(age.nanosecondsClamped))
    let found = ([version] + also).map { (ModelVersion($0), "/m/\($0)") }
    return BaseListing(
        baseDirectory: "/m", found: Dictionary(uniqueKeysWithValues: found), wanted: [wanted],
        missing: [], remarks: [])
}

private func at(_ milliseconds: UInt64) -> MonotonicTime {
    MonotonicTime(nanoseconds: 1_000_000_000 + milliseconds * 1_000_000)
}

extension SettlingVersions.State {
    fileprivate var isSettled: Bool { if case .settled = self { true } else { false } }
}

@Test func oldFilesAreSettledAtOnceWhenTheServerStarts() {
    let version = ModelVersion(1)
    for (age, isSettled) in [(Duration.seconds(5), true), (.zero, false), (.seconds(-1), false)] {
        var settling = SettlingVersions(period: .seconds(1))
        let states = settling.observe(listing(10, age: age), now: at(0))
        #expect(states[version]?.isSettled == isSettled)
    }
}

@Test func filesThatAppearLaterSettleWhenTheyHaveNotChangedForThePeriod() {
    let version = ModelVersion(2)
    var settling = SettlingVersions(period: .seconds(1))
    _ = settling.observe(listing(10, age: .seconds(5)), now: at(0))
    // Old times prove nothing here: a copy may keep the times of its source.
    let steps: [(time: UInt64, bytes: Int, expected: SettlingVersions.State?)] = [
        (100, -1, .empty), (200, 10, .changing(until: at(1200))),
        (900, 20, .changing(until: at(1900))), (1200, 20, .changing(until: at(1900))),
        (1900, 20, nil), (2500, 30, .changing(until: at(3500))), (3500, 30, nil),
    ]
    for step in steps {
        let states = settling.observe(
            listing(step.bytes, age: .seconds(5), version: 2, also: [1]), now: at(step.time))
        if let expected = step.expected {
            #expect(states[version] == expected)
        } else {
            #expect(states[version]?.isSettled == true)
        }
    }
}

@Test func anOlderVersionThatHasLongBeenThereIsSettledWhenItIsWantedAgain() {
    var settling = SettlingVersions(period: .seconds(1))
    _ = settling.observe(listing(10, age: .seconds(9), version: 2, also: [1]), now: at(0))
    let states = settling.observe(listing(10, age: .seconds(9), version: 1), now: at(1500))
    #expect(states[ModelVersion(1)]?.isSettled == true)
}

@Test func scansFollowChangesWithAPauseAndPollOtherwise() {
    var schedule = ScanSchedule(pauseMinimum: .milliseconds(50), now: at(0))
    let begins = [schedule.begin(at(0)), schedule.begin(at(0))]
    #expect(begins == [true, false])
    schedule.changed(at(10))
    schedule.finished(settlesAt: nil, pollInterval: .seconds(5), at(20))
    // The change came while it was reading: look again, after the pause.
    #expect(schedule.deadline == at(70))
    let beginsAgain = schedule.begin(at(70))
    #expect(beginsAgain)
    schedule.finished(settlesAt: at(900), pollInterval: .seconds(5), at(80))
    #expect(schedule.deadline == at(900))
    let beginsWhenSettled = schedule.begin(at(900))
    #expect(beginsWhenSettled)
    schedule.finished(settlesAt: nil, pollInterval: .seconds(5), at(900))
    #expect(schedule.deadline == at(5900))
    schedule.changed(at(910))
    #expect(schedule.deadline == at(950))
}

@Test func pausesDoubleUpToTheirMaximum() {
    let retry = RetryPolicy(attempts: 9, pause: .seconds(1), pauseMaximum: .seconds(5))
    #expect((1...4).map { retry.pause(afterFailures: $0) } == [1, 2, 4, 5].map { .seconds($0) })
    let never = RetryPolicy(attempts: 9, pause: .zero, pauseMaximum: .seconds(5))
    #expect(never.pause(afterFailures: 1_000_000) == .zero)
}

@Test func eventsOfTheKernelAreRead() {
    var bytes: [UInt8] = []
    func add(_ watch: Int32, _ mask: UInt32, _ name: [UInt8]) {
        for word in [UInt32(bitPattern: watch), mask, 0, UInt32(name.count)] {
            withUnsafeBytes(of: word) { bytes += $0 }
        }
        bytes += name
    }
    add(1, UInt32(IN_CREATE), Array("ab".utf8) + [0, 0])
    add(-1, UInt32(IN_Q_OVERFLOW), [])
    #expect(
        InotifyEvents.read(bytes[...]) == [
            .init(watch: 1, mask: UInt32(IN_CREATE), name: "ab"),
            .init(watch: -1, mask: UInt32(IN_Q_OVERFLOW), name: ""),
        ])
    // A record that is cut off, or claims more than is there, is left out.
    #expect(InotifyEvents.read(bytes[..<18]).isEmpty)
    #expect(InotifyEvents.read(bytes[..<10]).isEmpty)
}

@Test func watchesTellWhichBaseDirectoryIsConcerned() {
    var table = WatchTable()
    func replace(_ base: String, with watches: [(Int32, String?)]) -> [Int32] {
        table.replace(base, with: watches.map { (watch: $0.0, onlyName: $0.1) })
    }
    #expect(replace("/m/a", with: [(1, "a"), (2, nil)]).isEmpty)
    #expect(replace("/m/b", with: [(1, "b"), (3, nil)]).isEmpty)
    #expect(table.concerned(by: 1, name: "a") == ["/m/a"])
    #expect(table.concerned(by: 1, name: "..data") == ["/m/a", "/m/b"])
    #expect(table.concerned(by: 1, name: "other").isEmpty)
    #expect(table.concerned(by: 2, name: "7") == ["/m/a"])
    #expect(replace("/m/a", with: [(1, "a")]) == [2])
    #expect(replace("/m/b", with: []) == [3])
    #expect(table.all == ["/m/a"])
}
