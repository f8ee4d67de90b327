import EngineInterface
import Glibc
import ServingCore
import Synchronization

/// A live worker process with the server's ends of everything that leads to it.
///
/// The last who holds it closes the descriptors, so that no thread ever uses a descriptor that
/// belongs to somebody else by now.
final class WorkerConnection: Sendable {
    let name: WorkerName
    let lanes: [WorkerLane]
    /// Commands to the worker; the supervisor's thread only.
    let control: Int32
    /// Its replies; the supervisor's thread only.
    let replies: Int32
    /// What it prints; the supervisor's thread only.
    let output: Int32
    /// Readable when the process has ended; negative where the system has no such thing.
    let end: Int32
    /// Runs that it was given.
    let runs = Atomic<UInt64>(0)
    private let death = Mutex<ServingError?>(nil)

    init(
        name: WorkerName, lanes: [WorkerLane], control: Int32, replies: Int32, output: Int32,
        end: Int32
    ) {
        self.name = name
        self.lanes = lanes
        self.control = control
        self.replies = replies
        self.output = output
        self.end = end
    }

    deinit {
        for descriptor in [control, replies, output, end] where descriptor >= 0 {
            close(descriptor)
        }
    }

    /// Why it answers no more; nil while it lives.
    var error: ServingError? { death.withLock { $0 } }

    /// Ends every wait for it.
    func markDead(_ error: ServingError) {
        death.withLock { $0 = error }
        for lane in lanes { lane.poke() }
    }

    /// The longest that a run has been under way, in nanoseconds; nil while there is none.
    func longestRun(at now: MonotonicTime) -> UInt64? {
        lanes.compactMap { lane in
            let since = lane.busySince.load(ordering: .relaxed)
            return since == 0 ? nil : now.nanoseconds(since: MonotonicTime(nanoseconds: since))
        }.max()
    }
}
