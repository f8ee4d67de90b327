public import NIOCore
import ServingCore

/// Writes JSON into a byte buffer, value by value; it puts commas, line ends and spaces itself.
///
/// The caller keeps the order right: `key` before each value of an object, an `end` for each `begin`.
///
///     var writer = JSONWriter(into: buffer, options: .openInference)
///     writer.beginObject()
///     writer.key("model_name")
///     writer.string(name)
///     writer.endObject()
///     return writer.finish()
public struct JSONWriter: ~Copyable {
    /// What stands between tokens.
    public enum Style: Sendable {
        /// Nothing.
        case compact
        /// What RapidJSON's `PrettyWriter` writes, byte for byte: four spaces a level, arrays on one
        /// line while `arraysOnOneLine` is set.
        case pretty
    }

    /// How finite numbers are written.
    public enum FloatFormat: Sendable {
        /// The fewest digits that read back the same.
        case shortest
        /// `%.6g` if that reads back the same, else `%.9g` or `%.17g`; with `.0` on whole numbers.
        case tensorFlowServing
    }

    /// What becomes of NaN and infinities, which JSON has no numbers for.
    public enum NonFinite: Sendable {
        /// An error.
        case refuse
        /// The bare words `NaN`, `Infinity` and `-Infinity`, which some readers accept.
        case token
        /// `null`, as Python's orjson writes them.
        case null
    }

    /// What becomes of strings that are not UTF-8.
    public enum InvalidUTF8: Sendable {
        /// An error.
        case refuse
        /// U+FFFD stands for each bad part.
        case replace
    }

    /// Everything that protocols differ in.
    public struct Options: Sendable {
        /// What stands between tokens.
        public var style: Style
        /// How finite numbers are written.
        public var floatFormat: FloatFormat
        /// What becomes of NaN and infinities.
        public var nonFinite: NonFinite
        /// What becomes of strings that are not UTF-8.
        public var invalidUTF8: InvalidUTF8

        /// Chooses.
        public init(
            style: Style, floatFormat: FloatFormat, nonFinite: NonFinite, invalidUTF8: InvalidUTF8
        ) {
            self.style = style
            self.floatFormat = floatFormat
            self.nonFinite = nonFinite
            self.invalidUTF8 = invalidUTF8
        }

        /// The layout and the numbers of TensorFlow Serving's answers.
        public static let tensorFlowServing = Options(
            style: .pretty, floatFormat: .tensorFlowServing, nonFinite: .token,
            invalidUTF8: .replace)
        /// Compact, and only what RFC 8259 allows.
        public static let openInference = Options(
            style: .compact, floatFormat: .shortest, nonFinite: .refuse, invalidUTF8: .refuse)
    }

    var buffer: ByteBuffer
    let options: Options
    let powers = PowersOfTen.shared
    private let firstByte: Int
    /// Whether arrays are written on one line; only the pretty style asks.
    public var arraysOnOneLine = false
    /// The containers around the next value, outermost first.
    private var levels: [Level] = []

    /// A container: what it is, and how many names and values are in it.
    private struct Level {
        let isArray: Bool
        var count = 0
    }

    /// Starts behind what the buffer already holds.
    public init(into buffer: consuming ByteBuffer, options: Options) {
        firstByte = buffer.writerIndex
        self.buffer = buffer
        self.options = options
        levels.reserveCapacity(8)
    }

    /// Ends with the buffer.
    public consuming func finish() -> ByteBuffer { buffer }

    /// Bytes written so far.
    public var byteCount: Int { buffer.writerIndex - firstByte }

    /// Opens an object.
    public mutating func beginObject() {
        prefix()
        levels.append(Level(isArray: false))
        buffer.writeInteger(UInt8(ascii: "{"))
    }

    /// Closes the object.
    public mutating func endObject() {
        end(UInt8(ascii: "}"), onOneLine: false)
    }

    /// Opens an array.
    public mutating func beginArray() {
        prefix()
        levels.append(Level(isArray: true))
        buffer.writeInteger(UInt8(ascii: "["))
    }

    /// Closes the array.
    public mutating func endArray() {
        end(UInt8(ascii: "]"), onOneLine: arraysOnOneLine)
    }

    private mutating func end(_ bracket: UInt8, onOneLine: Bool) {
        let level = levels.popLast()
        if options.style == .pretty, let level, level.count > 0, !onOneLine { startLine() }
        buffer.writeInteger(bracket)
    }

    /// Writes what stands before a name or a value.
    @inline(__always)
    mutating func prefix() {
        guard let last = levels.indices.last else { return }
        let count = levels[last].count
        levels[last].count = count + 1
        if !levels[last].isArray, count % 2 == 1 {
            buffer.writeInteger(UInt8(ascii: ":"))
            if options.style == .pretty { buffer.writeInteger(UInt8(ascii: " ")) }
            return
        }
        if count > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
        guard options.style == .pretty else { return }
        if levels[last].isArray, arraysOnOneLine {
            if count > 0 { buffer.writeInteger(UInt8(ascii: " ")) }
        } else {
            startLine()
        }
    }

    /// Counts elements that were written without `prefix`.
    mutating func countElements(_ count: Int) {
        guard let last = levels.indices.last else { return }
        levels[last].count += count
    }

    private mutating func startLine() {
        buffer.writeInteger(UInt8(ascii: "\n"))
        buffer.writeRepeatingByte(UInt8(ascii: " "), count: levels.count * 4)
    }
}
