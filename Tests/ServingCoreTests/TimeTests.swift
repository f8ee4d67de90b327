import ServingCore
import Testing

@Test func timeArithmeticSaturates() {
    let late = MonotonicTime(nanoseconds: .max - 5)
    #expect(late.advanced(byNanoseconds: 10).nanoseconds == .max)
    #expect(late.advanced(by: .seconds(Int64.max)).nanoseconds == .max)
    #expect(MonotonicTime(nanoseconds: 1).nanoseconds(since: late) == 0)
    #expect(late.nanoseconds(since: MonotonicTime(nanoseconds: 1)) == UInt64.max - 6)
}

@Test func durationsInNanosecondsAreClamped() {
    #expect(Duration.milliseconds(3).nanosecondsClamped == 3_000_000)
    #expect(Duration.seconds(-1).nanosecondsClamped == 0)
    #expect(Duration.milliseconds(-1).nanosecondsClamped == 0)
    #expect(Duration.seconds(Int64.max).nanosecondsClamped == .max)
}

@Test func systemClockDoesNotGoBack() {
    let clock = SystemClock()
    let first = clock.now()
    #expect(clock.now() >= first)
}

@Test func conditionWakesAThreadThatWaits() throws {
    let condition = Condition(0)
    try NamedThread.start("test-wake") {
        condition.withLock { $0 = 42 }
        condition.broadcast()
    }
    #expect(condition.wait { $0 == 42 ? $0 : nil } == 42)
}

@Test func conditionGivesUpAtItsDeadlineAfterALastLook() {
    let condition = Condition(7)
    let past = MonotonicTime(nanoseconds: 1)
    #expect(condition.wait(until: past) { $0 == 8 ? $0 : nil } == nil)
    #expect(condition.wait(until: past) { $0 == 7 ? $0 : nil } == 7)
}
