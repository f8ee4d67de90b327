public import Inference
public import ServingCore
import Synchronization

/// Remembers what it is told, for tests that ask what was counted.
public final class RecordingObserver: ModelObserver, ServerObserver {
    private let lines = Mutex([String]())

    /// Starts empty.
    public init() {}

    /// What was heard, one line an event, without durations.
    public var events: [String] { lines.withLock { $0 } }

    private func add(_ line: String) { lines.withLock { $0.append(line) } }

    public func requestFinished(_ wire: WireProtocol, outcome: ErrorCode?, nanoseconds: UInt64) {
        add("request \(wire.rawValue) \(outcome?.description ?? "ok")")
    }

    public func runFinished(
        queueNanoseconds: UInt64, runNanoseconds: UInt64, requests: Int, rows: Int
    ) {
        add("run requests=\(requests) rows=\(rows)")
    }

    public func queueChanged(depth: Int) {}

    public func modelObserver(for identity: ModelIdentity) -> any ModelObserver { self }

    public func requestRefused(_ wire: WireProtocol, code: ErrorCode) {
        add("refused \(wire.rawValue) \(code)")
    }

    public func loadFinished(_ identity: ModelIdentity, error: ServingError?, nanoseconds: UInt64) {
        add("load \(identity) \(error?.code.description ?? "ok")")
    }

    public func unloadFinished(_ identity: ModelIdentity) { add("unload \(identity)") }
}
