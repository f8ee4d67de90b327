import Inference
import Models
import ServingCore
import Synchronization

/// Hears the manager's events, and lets a test wait until something is so without sleeping.
final class Recorder: ModelEvents {
    private struct Waiter: Sendable {
        let isSo: @Sendable () -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var lines: [String] = []
        var transitions: [VersionTransition] = []
        var waiters: [Waiter] = []
        /// Counts looks, so that one that overlaps another is not lost.
        var looks = 0
    }

    private let state = Mutex(State())

    /// `digits/3 AVAILABLE`, in order.
    var lines: [String] { state.withLock { $0.lines } }
    var transitions: [VersionTransition] { state.withLock { $0.transitions } }

    func versionChanged(_ transition: VersionTransition) {
        state.withLock { state in
            state.transitions.append(transition)
            state.lines.append("\(transition.identity) \(transition.state.rawValue)")
        }
        look()
    }

    func modelPublished(_ name: ModelName) { look() }

    /// Looks again at what is waited for; tests call it for signals of their own.
    func look() {
        var isNews = true
        state.withLock { $0.looks += 1 }
        while isNews {
            let (waiters, looks) = state.withLock { state in
                defer { state.waiters = [] }
                return (state.waiters, state.looks)
            }
            var still: [Waiter] = []
            for waiter in waiters {
                if waiter.isSo() { waiter.continuation.resume() } else { still.append(waiter) }
            }
            isNews = state.withLock { state in
                state.waiters += still
                return state.looks != looks
            }
        }
    }

    /// Waits until the closure says yes; it is asked now and after each event.
    func until(_ isSo: @escaping @Sendable () -> Bool) async {
        await withCheckedContinuation { continuation in
            state.withLock {
                $0.waiters.append(Waiter(isSo: isSo, continuation: continuation))
            }
            look()
        }
    }
}
