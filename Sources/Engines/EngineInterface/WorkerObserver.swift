public import ServingCore

/// Hears what worker processes say and what becomes of them.
///
/// Calls come from the thread that looks after all workers: they must not block.
public protocol WorkerObserver: Sendable {
    /// A worker has printed a line, on either stream; long lines and floods are cut before.
    func workerPrinted(_ line: String, by worker: WorkerName)
    /// Something has become of a worker.
    func workerChanged(_ change: WorkerChange, of worker: WorkerName)
    /// A version runs in workers from now on; the observer keeps the group weakly.
    func workersLoaded(_ group: any WorkerGroup)
}

/// Which process of which model version.
public struct WorkerName: Hashable, Sendable, CustomStringConvertible {
    /// The model version that it hosts.
    public let identity: ModelIdentity
    /// Its place among the version's workers, from 0.
    public let position: Int
    /// The process.
    public let process: Int32

    /// Names a worker.
    public init(identity: ModelIdentity, position: Int, process: Int32) {
        self.identity = identity
        self.position = position
        self.process = process
    }

    public var description: String { "worker \(position) of \(identity) (process \(process))" }
}

/// What becomes of a worker.
public enum WorkerChange: Hashable, Sendable {
    /// The process runs and loads the model.
    case started
    /// A line about how far the load is.
    case progress(String)
    /// It answers, after so long.
    case ready(nanoseconds: UInt64)
    /// It has ended unasked, for that reason; the next one starts after a pause.
    case failed(WorkerEnd, reason: String, restart: Duration)
    /// It has been unloaded.
    case unloaded
}

/// How a worker came to its end, in a word for metrics.
public enum WorkerEnd: String, Hashable, Sendable, CaseIterable {
    /// It ended by itself.
    case exit
    /// A signal ended it.
    case signal
    /// The system, or its limit, found that it took too much memory.
    case memory
    /// It was killed because a run, or the load, took too long.
    case hang
    /// It was killed because it had been stopped while requests waited.
    case stopped
    /// It broke the protocol.
    case `protocol`
    /// The model did not load, or the process could not be started.
    case load
}

/// The workers of one model version.
public protocol WorkerGroup: AnyObject, Sendable {
    /// The version.
    var identity: ModelIdentity { get }
    /// Each worker as it is now, in order; reads a small file a worker.
    var workers: [WorkerStatus] { get }
    /// How often a worker was started anew, by how the one before ended.
    var restarts: [WorkerEnd: Int] { get }
}

/// One worker at a moment.
public struct WorkerStatus: Hashable, Sendable {
    /// Where it is in its life.
    public enum State: String, Hashable, Sendable {
        case starting, ready, waiting
        /// It ends as often as it is started.
        case crashLoop = "crash_loop"
        case stopped
    }

    /// Its place among the version's workers, from 0.
    public let position: Int
    /// The process; nil while there is none.
    public let process: Int32?
    /// Where it is in its life.
    public let state: State
    /// Why it is not ready; empty when it is.
    public let reason: String
    /// Bytes of memory of the process, without what it shares with others.
    public let residentBytes: Int
    /// Runs that it was given.
    public let runs: UInt64

    /// Describes.
    public init(
        position: Int, process: Int32?, state: State, reason: String, residentBytes: Int,
        runs: UInt64
    ) {
        self.position = position
        self.process = process
        self.state = state
        self.reason = reason
        self.residentBytes = residentBytes
        self.runs = runs
    }
}
