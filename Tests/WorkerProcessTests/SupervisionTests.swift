import EngineInterface
import Glibc
import ServingCore
import Testing

@testable import WorkerProcess

/// The life of a worker as its machine sees it, with a clock moved by hand.
@Suite struct SupervisionTests {
    private static func at(_ seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: 1_000_000_000 + UInt64(seconds * 1e9))
    }

    @Test func aWorkerThatNeverWasReadyIsItsCallersBusiness() {
        var machine = SupervisionMachine()
        machine.started(at: Self.at(0))
        let ending = machine.ended(at: Self.at(1))
        #expect(ending == .finished)
        #expect(machine.state == .stopped)
    }

    @Test func pausesDoubleUpToTheLongestAndBecomeACrashLoop() {
        var machine = SupervisionMachine()
        machine.started(at: Self.at(0))
        let nanoseconds = machine.loaded(at: Self.at(2))
        #expect(nanoseconds == 2_000_000_000)
        var pauses: [Duration] = []
        var loops: [Bool] = []
        for _ in 0..<11 {
            guard case .restart(let pause) = machine.ended(at: Self.at(3)) else {
                Issue.record("it is started again")
                return
            }
            pauses.append(pause)
            loops.append(machine.isLooping)
            machine.started(at: Self.at(3))
            _ = machine.loaded(at: Self.at(3))
        }
        #expect(pauses.prefix(4) == [.milliseconds(100), .milliseconds(200), .milliseconds(400),
            .milliseconds(800)])
        #expect(pauses.last == .seconds(30))
        #expect(loops.firstIndex(of: true) == 4)
    }

    @Test func aWorkerThatHasProvedItselfBeginsAnew() {
        var machine = SupervisionMachine()
        machine.started(at: Self.at(0))
        _ = machine.loaded(at: Self.at(0))
        for _ in 0..<6 {
            _ = machine.ended(at: Self.at(1))
            machine.started(at: Self.at(1))
            _ = machine.loaded(at: Self.at(1))
        }
        #expect(machine.isLooping)
        let ending = machine.ended(at: Self.at(61))
        #expect(ending == .restart(after: .milliseconds(100)))
        #expect(!machine.isLooping)
    }

    @Test func startsWhenThePauseIsOver() {
        var machine = SupervisionMachine()
        machine.started(at: Self.at(0))
        _ = machine.loaded(at: Self.at(0))
        _ = machine.ended(at: Self.at(1))
        #expect(!machine.isDue(at: Self.at(1.09)))
        #expect(machine.isDue(at: Self.at(1.1)))
        machine.started(at: Self.at(1.1))
        #expect(!machine.isDue(at: Self.at(9)))
    }

    @Test func endsForGoodWhenItIsNotWantedAnyMore() {
        var machine = SupervisionMachine()
        let hadNone = !machine.stop()
        #expect(hadNone, "there is no process to end")
        machine = SupervisionMachine()
        machine.started(at: Self.at(0))
        let hadOne = machine.stop()
        #expect(hadOne)
        let late = machine.loaded(at: Self.at(1))
        #expect(late == nil, "too late")
        let ending = machine.ended(at: Self.at(2))
        #expect(ending == .finished)
        machine = SupervisionMachine()
        machine.started(at: Self.at(0))
        _ = machine.loaded(at: Self.at(0))
        _ = machine.ended(at: Self.at(1))
        let isOver = !machine.stop()
        #expect(isOver && machine.state == .stopped, "nothing starts after a stop")
    }

    @Test(arguments: [
        (WorkerObituary.Status.exit(3), false, "ended with exit status 3", "exit"),
        (.signal(SIGSEGV), false, "was killed by SIGSEGV", "signal"),
        (.signal(SIGKILL), false, "was killed by SIGKILL", "signal"),
        (.signal(SIGKILL), true, "was killed by the system because memory ran out", "memory"),
        (.signal(60), false, "was killed by signal 60", "signal"),
    ])
    func saysHowAProcessEnded(
        status: WorkerObituary.Status, isOutOfMemory: Bool, phrase: String, end: String
    ) {
        let obituary = WorkerObituary(
            status, verdict: nil, isOutOfMemory: isOutOfMemory, lastWords: ["one", "two"])
        #expect(obituary.phrase == phrase && obituary.end.rawValue == end)
        #expect(obituary.reason == "\(phrase); it last said: one | two")
    }

    @Test func aVerdictOfTheServerIsTheReason() {
        let obituary = WorkerObituary(
            .signal(SIGKILL), verdict: (.hang, "was killed because it hung"), isOutOfMemory: true,
            lastWords: [])
        #expect(obituary.end == .hang && obituary.reason == "was killed because it hung")
    }

    @Test func readsWhatTheSystemTellsOfAProcess() {
        #expect(ProcessFiles.state(stat: "12 (a) b) T 1 2") == "T")
        #expect(ProcessFiles.state(stat: "12 (x") == nil)
        #expect(ProcessFiles.ownBytes(statm: "900 30 10 1 0 5 0") == 20 * sysconf(Int32(_SC_PAGESIZE)))
        #expect(ProcessFiles.ownBytes(statm: "900 10") == nil)
        #expect(ProcessFiles.memoryKills(events: "low 0\noom 3\noom_kill 2\n") == 2)
        #expect(ProcessFiles.memoryKills(events: "low 0\n") == nil)
        #expect(ProcessFiles.ownBytes(of: getpid()) ?? 0 > 0)
        #expect(!ProcessFiles.isStopped(getpid()))
    }
}

/// What workers print.
@Suite struct OutputLinesTests {
    private static let now = MonotonicTime(nanoseconds: 5_000_000_000)

    private func add(_ text: String, to lines: inout OutputLines, at now: MonotonicTime = now)
        -> [String]
    {
        Array(text.utf8).withUnsafeBytes { lines.add($0, at: now) }
    }

    @Test func cutsLinesWhereverTheBytesAreCut() {
        var lines = OutputLines()
        #expect(add("one\ntw", to: &lines) == ["one"])
        #expect(add("o\n\n\u{1B}[2Jthree\r\n", to: &lines) == ["two", "[2Jthree"])
        #expect(add("no end", to: &lines) == [])
        #expect(lines.finish(at: Self.now) == ["no end"])
    }

    @Test func longLinesAndFloodsAreCut() {
        var lines = OutputLines()
        let long = add(String(repeating: "x", count: 5000) + "\n", to: &lines)
        #expect(long.map(\.utf8.count) == [OutputLines.lineBytesMaximum])
        let flood = (0..<1000).flatMap { add("line \($0)\n", to: &lines) }
        #expect(flood.count == OutputLines.linesPerSecond - 1)
        #expect(lines.kept.count == OutputLines.keptMaximum && lines.kept.last == "line 999")
        let later = MonotonicTime(nanoseconds: 6_000_000_000)
        #expect(add("on\n", to: &lines, at: later) == [
            "(801 more lines within a second were left out)", "on",
        ])
    }
}
