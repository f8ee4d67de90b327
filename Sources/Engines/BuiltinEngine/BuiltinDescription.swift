import Inference
import ServingCore
import Tensors

/// What `model.builtin` says: one `key: value` a line, `#` begins a comment.
///
/// | Key | Value | Default |
/// |---|---|---|
/// | `kind` | `identity`, `half_plus_two`, `delay` (identity that needs `delay`), `faulty` (identity that needs `fail`) | needed |
/// | `type` | data types of the inputs: `FP32`, or `FP32, INT64` for two | `FP32` |
/// | `shape` | shape of every input and output, -1 for any extent | `[-1]` |
/// | `delay` | how long a run takes: `50ms`; units `us`, `ms`, `s` | none |
/// | `delay_per_row` | how much longer for each row | none |
/// | `load_delay` | how long a load takes | none |
/// | `fail` | `load`, `run`, `every:3` (each third run), `hang` (a run waits until it is stopped) | never |
/// | | in a worker process only: `crash`, `exit:3` (with that status), `exhaust` (takes memory without end), `stall` (waits and cannot be stopped) | |
/// | `fail_on` | a number: only runs whose first input begins with it fail | every run |
/// | `print` | a line that each run prints | none |
/// | `batch` | `on`, `off` | `on` when the shape allows it |
/// | `concurrency` | runs at a time | the processors |
///
/// One input is named `x` and its output `y`; several are `x0`, `x1` and so on.
struct BuiltinDescription: Hashable, Sendable {
    /// What is computed.
    enum Kind: String, CaseIterable, Hashable, Sendable {
        case identity
        case halfPlusTwo = "half_plus_two"
        case delay, faulty
    }

    /// When it does not work.
    enum Failure: Hashable, Sendable {
        case load, run, hang, crash, exhaust, stall
        case every(Int)
        case exit(Int32)

        /// Whether it would take the whole server down.
        var needsWorker: Bool {
            switch self {
            case .crash, .exhaust, .exit, .stall: true
            case .load, .run, .hang, .every: false
            }
        }
    }

    /// Longest delay: a mistyped one must not hold a thread for ever.
    static let delayMaximum = Duration.seconds(3600)
    private static let concurrencyMaximum = 1024

    var kind = Kind.identity
    var types: [ElementType] = [.float32]
    var shape: [Int] = [-1]
    var delay: Duration?
    var delayPerRow: Duration?
    var loadDelay: Duration?
    var failure: Failure?
    var failsOn: Double?
    var line: String?
    var batches: Bool?
    var concurrency: Int?

    /// Reads the text.
    ///
    /// - Throws: `model_invalid` with the line and what is wrong there.
    init(_ text: String) throws(ServingError) {
        var seen: Set<String> = []
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let content = line.prefix { $0 != "#" }.trimmed
            if content.isEmpty { continue }
            do throws(ServingError) {
                let (key, value) = try Self.keyAndValue(content)
                guard seen.insert(key).inserted else { throw Self.wrong("'\(key)' is given twice") }
                try set(key, value)
            } catch {
                throw error.inContext("line \(index + 1)")
            }
        }
        try checkWhole(seen)
    }

    private static func keyAndValue(_ line: String) throws(ServingError) -> (String, String) {
        guard let colon = line.firstIndex(of: ":") else {
            throw wrong("'\(line.clipped())' is not of the form 'key: value'")
        }
        return (line[..<colon].trimmed, line[line.index(after: colon)...].trimmed)
    }

    private mutating func set(_ key: String, _ value: String) throws(ServingError) {
        switch key {
        case "kind": kind = try Self.kind(value)
        case "type": types = try Self.types(value)
        case "shape": shape = try Self.shape(value)
        case "delay": delay = try Self.duration(value)
        case "delay_per_row": delayPerRow = try Self.duration(value)
        case "load_delay": loadDelay = try Self.duration(value)
        case "fail": failure = try Self.failure(value)
        case "fail_on": failsOn = try Self.number(value)
        case "print": line = value
        case "batch": batches = try Self.flag(value)
        case "concurrency":
            concurrency = try Self.integer(value, in: 1...Self.concurrencyMaximum)
        default:
            let hint = NearestName.hint(for: key, among: Self.keys)
            throw Self.wrong("there is no key '\(key.clipped())'\(hint)")
        }
    }

    private static let keys = [
        "kind", "type", "shape", "delay", "delay_per_row", "load_delay", "fail", "fail_on", "print",
        "batch", "concurrency",
    ]

    private func checkWhole(_ seen: Set<String>) throws(ServingError) {
        guard seen.contains("kind") else {
            throw Self.wrong("the line 'kind: …' is missing; it is one of \(Self.kindNames)")
        }
        if kind == .delay, delay == nil { throw Self.wrong("kind delay needs 'delay: 50ms'") }
        if kind == .faulty, failure == nil {
            throw Self.wrong("kind faulty needs 'fail:', one of " + Self.failureNames)
        }
        if kind == .halfPlusTwo, types != [.float32], types != [.float64] {
            throw Self.wrong("kind half_plus_two computes FP32 or FP64")
        }
        if batches == true, shape.first != -1 {
            throw Self.wrong("'batch: on' needs a shape that begins with -1")
        }
    }
}
