import ServingCore

/// Cuts what a worker prints into lines, keeps the last ones, and holds floods back.
struct OutputLines {
    /// Longest line, in bytes; the rest of a longer one is dropped.
    static let lineBytesMaximum = 1000
    /// Lines that are kept as last words.
    static let keptMaximum = 12
    /// Lines that are passed on within a second.
    static let linesPerSecond = 200

    private var line: [UInt8] = []
    private(set) var kept: [String] = []
    private var second: UInt64 = 0
    private var linesInSecond = 0
    private var dropped = 0

    /// Takes bytes in, and gives the lines that have become whole and may be passed on.
    mutating func add(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == 0x0A {
                lines += finish(at: now)
            } else if line.count < Self.lineBytesMaximum {
                line.append(byte)
            }
        }
        return lines
    }

    /// Ends the line under way, as at the end of the stream.
    mutating func finish(at now: MonotonicTime) -> [String] {
        defer { line.removeAll(keepingCapacity: true) }
        let text = Self.printable(line)
        guard !text.isEmpty else { return [] }
        kept.append(text)
        if kept.count > Self.keptMaximum { kept.removeFirst() }
        return admit(text, at: now)
    }

    private mutating func admit(_ text: String, at now: MonotonicTime) -> [String] {
        var lines: [String] = []
        let current = now.nanoseconds / 1_000_000_000
        if current != second {
            if dropped > 0 { lines.append("(\(dropped) more lines within a second were left out)") }
            (second, linesInSecond, dropped) = (current, 0, 0)
        }
        guard linesInSecond < Self.linesPerSecond else {
            dropped += 1
            return lines
        }
        linesInSecond += 1
        return lines + [text]
    }

    /// Text without control characters, which could move a terminal's cursor.
    private static func printable(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        return String(
            text.unicodeScalars.lazy.map { scalar -> Character in
                let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                return isControl ? " " : Character(scalar)
            }
        ).trimmingBlanks
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        let start = drop { $0 == " " }
        let end = start.lastIndex { $0 != " " }
        return end.map { String(start[...$0]) } ?? ""
    }
}
