import Glibc

/// A moment in Coordinated Universal Time, to the millisecond, for logs; without Foundation.
public struct UTCTime: Hashable, Sendable {
    /// Nanoseconds after 1970-01-01T00:00:00Z.
    public let nanoseconds: UInt64

    /// Wraps a reading of the real-time clock.
    public init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// Reads `CLOCK_REALTIME`; a clock set before 1970 reads as 1970.
    public static func now() -> UTCTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        guard time.tv_sec >= 0 else { return UTCTime(nanoseconds: 0) }
        return UTCTime(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
    }

    struct Fields: Equatable {
        var year: Int
        var month: Int
        var day: Int
        var hour: Int
        var minute: Int
        var second: Int
        var millisecond: Int
    }

    /// The calendar's fields, by Howard Hinnant's `civil_from_days` (chrono-compatible low-level date
    /// algorithms): eras of 400 years whose years begin in March.
    var fields: Fields {
        let seconds = Int(nanoseconds / 1_000_000_000)
        let ofDay = seconds % 86_400
        let days = seconds / 86_400 + 719_468
        let era = days / 146_097
        let ofEra = days % 146_097
        let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * ofYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return Fields(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: ofYear - (153 * shifted + 2) / 5 + 1, hour: ofDay / 3_600,
            minute: ofDay / 60 % 60, second: ofDay % 60,
            millisecond: Int(nanoseconds / 1_000_000 % 1_000))
    }
}

extension UTCTime {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `2026-11-21T08:00:00.123Z` (RFC 3339).
    func writeISO8601(to line: inout LogLine) {
        let time = fields
        line.decimal(time.year, digits: 4)
        line.literal("-")
        line.decimal(time.month, digits: 2)
        line.literal("-")
        line.decimal(time.day, digits: 2)
        line.literal("T")
        writeClock(time, to: &line)
        line.literal(".")
        line.decimal(time.millisecond, digits: 3)
        line.literal("Z")
    }

    /// `21/Nov/2026:08:00:00 +0000`, as web servers write it.
    func writeCommonLog(to line: inout LogLine) {
        let time = fields
        line.decimal(time.day, digits: 2)
        line.literal("/")
        line.literal(Self.months[time.month - 1])
        line.literal("/")
        line.decimal(time.year, digits: 4)
        line.literal(":")
        writeClock(time, to: &line)
        line.literal(" +0000")
    }

    private func writeClock(_ time: Fields, to line: inout LogLine) {
        line.decimal(time.hour, digits: 2)
        line.literal(":")
        line.decimal(time.minute, digits: 2)
        line.literal(":")
        line.decimal(time.second, digits: 2)
    }
}
