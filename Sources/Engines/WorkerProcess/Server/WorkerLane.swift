import CWorkerProcess
import EngineInterface
import Glibc
import ServingCore
import Synchronization
import Tensors

/// The server's ends of a lane.
///
/// `@unchecked Sendable`: `inbox` and `sequence` are touched only by the thread that holds the lane;
/// taking and giving it back goes through the model's lock.
final class WorkerLane: @unchecked Sendable {
    let index: Int
    let command: Int32
    let result: Int32
    let memory: SharedMemory
    /// Counts up when the thread that waits for the lane has something else to look at.
    private let wake: Int32
    /// When the run under way began, in nanoseconds; 0 while there is none.
    let busySince = Atomic<UInt64>(0)
    var inbox = FrameInbox()
    private(set) var sequence: UInt64 = 0

    /// Takes over the descriptors.
    init(index: Int, command: Int32, result: Int32, memory: SharedMemory, wake: Int32) {
        self.index = index
        self.command = command
        self.result = result
        self.memory = memory
        self.wake = wake
    }

    deinit {
        for descriptor in [command, result, wake] { close(descriptor) }
    }

    /// The number of the next run.
    func nextSequence() -> UInt64 {
        sequence &+= 1
        return sequence
    }

    /// Makes the thread that waits look up; any thread.
    func poke() {
        var one: UInt64 = 1
        _ = Glibc.write(wake, &one, 8)
    }

    /// Sleeps until the descriptor is ready or somebody has poked; true when it is ready.
    func wait(for descriptor: Int32, _ events: Int16) -> Bool {
        var descriptors = [
            pollfd(fd: descriptor, events: events, revents: 0),
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        ]
        // The supervisor ends every wait; the limit only keeps a lost poke from lasting.
        while poll(&descriptors, 2, 5000) < 0, errno == EINTR {}
        if descriptors[1].revents != 0 {
            var count: UInt64 = 0
            _ = Glibc.read(wake, &count, 8)
        }
        return descriptors[0].revents != 0
    }
}
