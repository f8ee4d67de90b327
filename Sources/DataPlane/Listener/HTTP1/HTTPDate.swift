import Glibc
import NIOCore

/// The `date` field's value, made anew once a second.
struct HTTPDate {
    private var second = Int.min
    private var field = ByteBuffer()
    private var text = ""

    /// The whole line, `date: Sun, 06 Nov 1994 08:49:37 GMT` with CR LF.
    mutating func line() -> ByteBuffer {
        refresh()
        return field
    }

    /// The value alone.
    mutating func value() -> String {
        refresh()
        return text
    }

    private mutating func refresh() {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &now)
        if now.tv_sec != second {
            second = now.tv_sec
            text = Self.text(secondsSince1970: second)
            field = ByteBuffer(string: "date: \(text)\r\n")
        }
    }

    /// IMF-fixdate of RFC 9110 section 5.6.7.
    static func text(secondsSince1970 seconds: Int) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        return "\(days[Int(parts.tm_wday)]), \(padded(parts.tm_mday)) "
            + "\(months[Int(parts.tm_mon)]) \(Int(parts.tm_year) + 1900) "
            + "\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec)) GMT"
    }

    private static func padded(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
