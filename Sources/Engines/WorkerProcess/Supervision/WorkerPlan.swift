import EngineInterface
import ServingCore

/// What every process of a model version is started with.
struct WorkerPlan: Sendable {
    let launch: WorkerLaunch
    let identity: ModelIdentity
    let settings: WorkerSettings
    /// The version directory: where it works unless its launch says otherwise.
    let directory: String
    let lanes: Int
    let processors: Int
    /// The load frame.
    let load: [UInt8]
    let observer: (any WorkerObserver)?

    /// How long a load may give no sign of life.
    var loadPatience: Duration { settings.watchdog * 10 }

    /// What the data of the process may come to: far beyond the limit that is watched, so that only
    /// one huge allocation meets it.
    var dataLimit: UInt64 {
        guard let bytes = settings.memoryBytes else { return 0 }
        let (doubled, overflow) = UInt64(clamping: bytes).multipliedReportingOverflow(by: 2)
        return overflow ? 0 : doubled &+ (4 << 30)
    }
}

/// Hears of the workers of a version; calls come from the supervisor's thread.
protocol WorkerOwner: AnyObject, Sendable {
    /// The worker answers from now on.
    func workerReady(_ position: Int, _ connection: WorkerConnection, _ reply: LoadedReply)
    /// There is no worker until the moment, if there ever will be one again.
    func workerLost(_ position: Int, _ loss: WorkerLoss)
    /// A lane that was abandoned is free again.
    func laneFreed(_ connection: WorkerConnection, _ lane: WorkerLane)
    /// A new process has been started.
    func workerStarted(_ position: Int, process: Int32)
    /// The worker is gone for good.
    func workerStopped(_ position: Int)
}

/// The end of a worker, as its model hears of it.
struct WorkerLoss: Sendable {
    let end: WorkerEnd
    /// What runs are told; without last words, which may tell of the model's insides.
    let error: ServingError
    /// The same for operators, with the last words.
    let reason: String
    let restart: MonotonicTime?
    let isLooping: Bool
}
