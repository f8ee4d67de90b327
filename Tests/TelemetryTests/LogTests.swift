import Glibc
import Logging
import ServingCore
import Synchronization
import Testing

@testable import Telemetry

private let moment = UTCTime(nanoseconds: 1_795_248_000_123_456_789)

private func entry(
    target: String = "/v1/models/digits:predict", agent: String? = "curl/8.5.0"
) -> AccessLogEntry {
    AccessLogEntry(
        time: moment, listener: "rest", method: "POST", target: target, status: 200, bytesIn: 640,
        bytesOut: 117, nanoseconds: 512_345, remoteAddress: "127.0.0.1", userAgent: agent)
}

private func line(_ entry: AccessLogEntry, _ format: LogFormat) -> String {
    var line = LogLine()
    entry.write(format, to: &line)
    return String(decoding: line.bytes, as: UTF8.self)
}

@Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
    (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
    (1_795_248_000_123, "2026-11-21T08:00:00.123Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
])
func writesMomentsOfTheCalendar(milliseconds: UInt64, text: String) {
    var line = LogLine()
    UTCTime(nanoseconds: milliseconds * 1_000_000).writeISO8601(to: &line)
    #expect(String(decoding: line.bytes, as: UTF8.self) == text)
}

@Test func agreesWithTheCLibraryAboutTheCalendar() {
    for day in stride(from: 0, to: 200_000, by: 37) {
        let seconds = day * 86_400 + day % 86_400
        var time = time_t(seconds)
        var expected = tm()
        gmtime_r(&time, &expected)
        let fields = UTCTime(nanoseconds: UInt64(seconds) * 1_000_000_000).fields
        #expect(fields.year == Int(expected.tm_year) + 1900)
        #expect(fields.month == Int(expected.tm_mon) + 1)
        #expect(fields.day == Int(expected.tm_mday))
        #expect(fields.hour == Int(expected.tm_hour))
        #expect(fields.second == Int(expected.tm_sec))
    }
}

@Test func writesTheAccessLogForPeopleAndForCollectors() {
    #expect(
        line(entry(), .text)
            == "127.0.0.1 - - [21/Nov/2026:08:00:00 +0000] \"POST /v1/models/digits:predict\" "
            + "200 117 \"-\" \"curl/8.5.0\" 0.000512\n")
    #expect(
        line(entry(), .json)
            == "{\"time\":\"2026-11-21T08:00:00.123Z\",\"listener\":\"rest\","
            + "\"remote\":\"127.0.0.1\",\"method\":\"POST\","
            + "\"target\":\"/v1/models/digits:predict\",\"status\":200,\"bytes_in\":640,"
            + "\"bytes_out\":117,\"duration_seconds\":0.000512,\"user_agent\":\"curl/8.5.0\"}\n")
}

/// What a client might send to forge a line, end a field, or steer the terminal of whoever reads.
private let forged = [
    "/x\n127.0.0.1 - - \"GET /admin\" 200", "/x\" 200 0 \"-\" \"", "/x\\\"", "/\u{1B}[2J", "/\r\n",
    "/\u{0}", "/\u{9B}31m", "/\u{202E}gpj", "/\u{2028}", "/é", "/\u{7F}",
]

@Test(arguments: forged)
func aTargetCannotForgeALogLine(target: String) {
    let text = line(entry(target: target, agent: target), .text)
    #expect(text.utf8.dropLast().allSatisfy { $0 >= 0x20 && $0 < 0x7F })
    #expect(text.hasSuffix("\n"))
    // Six quotation marks: request, referer, user agent.
    #expect(text.utf8.filter { $0 == 0x22 }.count == 6)
    let json = line(entry(target: target, agent: target), .json)
    #expect(json.utf8.filter { $0 == 0x0A }.count == 1)
    let unsafe: Set<Unicode.Scalar> = [
        "\u{0}", "\r", "\u{1B}", "\u{7F}", "\u{9B}", "\u{2028}", "\u{202E}",
    ]
    #expect(!json.unicodeScalars.contains { unsafe.contains($0) })
}

@Test func aLongTargetIsCut() {
    let text = line(entry(target: String(repeating: "a", count: 8_000)), .text)
    #expect(text.utf8.count < 2_300)
    #expect(text.contains("aaa...\""))
}

private func temporaryPath() -> String {
    "/tmp/slipway-telemetry-\(getpid())-\(UInt64.random(in: 0 ... .max)).log"
}

@Test func writesEveryLineBeforeItCloses() throws {
    let path = temporaryPath()
    defer { unlink(path) }
    let log = try AccessLog(.file(path: path), format: .text)
    for index in 0..<500 { log.add(entry(target: "/\(index)")) }
    log.close()
    let lines = try #require(SmallFile.read(path, bytesMaximum: 1 << 20)).split(separator: "\n")
    #expect(lines.count + Int(log.dropped.value) == 500)
    #expect(lines.first?.contains("\"POST /0\"") == true)
    log.add(entry())
    #expect(log.dropped.value == 1)
}

@Test func opensANewFileAfterARotation() throws {
    let path = temporaryPath()
    let rotated = path + ".1"
    defer {
        unlink(path)
        unlink(rotated)
    }
    let log = try AccessLog(.file(path: path), format: .text)
    rename(path, rotated)
    log.reopen()
    log.add(entry(target: "/after"))
    log.close()
    #expect(SmallFile.read(path)?.contains("/after") == true)
    #expect(SmallFile.read(rotated) == "")
}

@Test func dropsAndCountsWhatDoesNotFit() {
    // Without a writer nothing leaves the queue.
    let log = AccessLog(format: .text, now: { moment })
    for _ in 0..<AccessLog.entriesMaximum + 3 { log.add(entry()) }
    #expect(log.dropped.value == 3)
    let large = AccessLog(format: .text, now: { moment })
    let target = String(repeating: "a", count: AccessLog.textBytesMaximum / 4)
    for _ in 0..<5 { large.add(entry(target: target)) }
    #expect(large.dropped.value == 2)
}

@Test func countsLinesThatCannotBeWritten() throws {
    let log = try AccessLog(.file(path: "/dev/full"), format: .json)
    for _ in 0..<10 { log.add(entry()) }
    log.close()
    #expect(log.dropped.value == 10)
}

@Test func saysWhyALogCannotBeOpened() throws {
    let error = #expect(throws: ServingError.self) {
        _ = try AccessLog(.file(path: "/nonexistent/access.log"), format: .text)
    }
    #expect(error?.code == .fileUnreadable)
    #expect(error?.message.contains("/nonexistent/access.log") == true)
}

private final class Written: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

    func logger(_ format: LogFormat, _ level: Logger.Level = .info) -> Logger {
        Logger(label: "models") { label in
            LineLogHandler(label: label, level: LogLevelSwitch(level), format: format, now: { moment }) { line in
                self.bytes.withLock { $0 += line }
            }
        }
    }
}

@Test func logsOneLineForPeople() {
    let written = Written()
    var logger = written.logger(.text)
    logger[metadataKey: "model"] = "digits"
    logger.info("digits/2 available in 12 ms", metadata: ["a": "two words", "version": "2"])
    logger.debug("not wanted")
    logger.warning("disk \"full\"\nforged: line \u{1B}[2J é")
    #expect(
        written.text == """
            2026-11-21T08:00:00.123Z info  models: digits/2 available in 12 ms \
            a="two words" model=digits version=2
            2026-11-21T08:00:00.123Z warn  models: disk "full"\\nforged: line \\u001b[2J é model=digits

            """)
}

@Test func logsOneObjectForCollectors() {
    let written = Written()
    written.logger(.json).error("no \"file\"", metadata: ["path": "/x\n"])
    #expect(
        written.text
            == "{\"time\":\"2026-11-21T08:00:00.123Z\",\"level\":\"error\",\"logger\":\"models\","
            + "\"message\":\"no \\\"file\\\"\",\"metadata\":{\"path\":\"/x\\n\"}}\n")
}
