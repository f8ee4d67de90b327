import CONNXRuntime
import ServingCore
import Synchronization

/// Remembers the last few warnings of a session, so that nothing of them reaches the terminal and
/// the error of a failed load can tell them.
final class SessionLog: Sendable {
    private static let linesMaximum = 4
    private static let lineBytesMaximum = 300

    private let kept = Mutex<[String]>([])

    /// The last warnings, oldest first, each once.
    var lines: [String] { kept.withLock { $0 } }

    /// What the library hands to `receive`; valid while this object is retained.
    var parameter: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    /// Called by the library from any thread.
    static let receive: OrtLoggingFunction = { parameter, _, _, _, _, message in
        guard let parameter, let message else { return }
        let log = Unmanaged<SessionLog>.fromOpaque(parameter).takeUnretainedValue()
        log.add(String(cString: message))
    }

    private func add(_ message: String) {
        let line = ONNXMessage.readable(message).clipped(to: Self.lineBytesMaximum)
        kept.withLock { lines in
            guard !lines.contains(line) else { return }
            lines.append(line)
            if lines.count > Self.linesMaximum { lines.removeFirst() }
        }
    }
}
