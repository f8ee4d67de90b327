import EngineInterface
import Inference
import ServingCore

/// One engine run: the requests in it and how to stop it.
final class RunBatch: Sendable {
    let requests: [PendingRequest]
    let cancellation: RunCancellation

    init(_ requests: [PendingRequest], cancellation: RunCancellation = RunCancellation()) {
        self.requests = requests
        self.cancellation = cancellation
    }

    var rows: Int { requests.reduce(0) { $0 + $1.rows } }
}

/// The decisions of a scheduler as a value: who runs now, who waits, who is refused.
///
/// Every method is called under the shell's lock and returns what to do after unlocking. An idle
/// instance runs a request at once; while all are busy requests wait; an instance that becomes free
/// takes all that fits. There is no timer, so nothing waits without need.
struct SchedulerMachine: ~Copyable {
    /// What to do with a request that has just arrived.
    enum OnArrival {
        /// Run this batch on the calling thread.
        case runHere(RunBatch)
        /// Run this batch on the pool.
        case runOnPool(RunBatch)
        /// It waits; nothing to do.
        case wait(depth: Int)
        /// Answer with this error.
        case refuse(ServingError)
    }

    /// What to do when a run is over.
    enum OnFinish {
        case run(RunBatch, depth: Int)
        case idle
        /// The last run of a retired model: free it.
        case unload
    }

    private let identity: ModelIdentity
    private let instances: Int
    private(set) var rowsMaximum: Int
    private var queue: RequestQueue
    private var running: [RunBatch] = []
    private var placement: PlacementPolicy
    private var isRetired = false

    init(identity: ModelIdentity, policy: SchedulingPolicy, instances: Int) {
        self.identity = identity
        self.instances = max(1, instances)
        rowsMaximum = max(1, policy.batchRowsMaximum)
        queue = RequestQueue(capacity: max(1, policy.queuedRequestsMaximum))
        placement = PlacementPolicy(policy.placement)
    }

    /// Whether anything waits or runs, so that deadlines have to be watched.
    var isActive: Bool { !running.isEmpty || !queue.isEmpty }
    /// Requests that wait.
    var depth: Int { queue.count }
    /// Whether fast runs happen on the submitting thread now.
    var runsHere: Bool { placement.runsHere }

    mutating func arrived(_ request: PendingRequest) -> OnArrival {
        if isRetired {
            return .refuse(
                ServingError(.modelNotReady, "model \(identity) is unloaded; try again"))
        }
        if running.count < instances, queue.isEmpty {
            let batch = RunBatch([request])
            running.append(batch)
            let runsHere =
                placement.runsHere && request.byteCount <= PlacementPolicy.bytesMaximum
            return runsHere ? .runHere(batch) : .runOnPool(batch)
        }
        guard !queue.isFull else { return .refuse(overloaded) }
        queue.append(request)
        return .wait(depth: queue.count)
    }

    /// What became of a batch, as far as it tells how long the model's runs are.
    enum RunTime {
        /// Nobody wanted it any more.
        case none
        case answered(nanoseconds: UInt64)
        case failed(nanoseconds: UInt64)
    }

    /// A run is over; says what its thread does next.
    mutating func finished(_ batch: RunBatch, _ time: RunTime) -> OnFinish {
        running.removeAll { $0 === batch }
        switch time {
        case .none: break
        case .answered(let nanoseconds): placement.ran(nanoseconds: nanoseconds)
        case .failed(let nanoseconds): placement.failed(nanoseconds: nanoseconds)
        }
        guard !queue.isEmpty else { return isRetired && running.isEmpty ? .unload : .idle }
        let next = RunBatch(queue.takeBatch(rowsMaximum: rowsMaximum))
        running.append(next)
        return .run(next, depth: queue.count)
    }

    /// Switches batching off for good, after a batch whose outputs could not be told apart.
    mutating func stopBatching() {
        rowsMaximum = 1
    }

    /// Takes out every waiting request that is of no use any more.
    mutating func expired(at now: MonotonicTime) -> [PendingRequest] {
        guard !queue.isEmpty else { return [] }
        return queue.removeAll { $0.expiry(at: now) != nil }
    }

    /// The runs under way.
    var runs: [RunBatch] { running }

    /// Refuses everything from now on; true when no run is under way, so that the model may be freed.
    ///
    /// What still waits is returned, to be refused.
    mutating func retire() -> (waiting: [PendingRequest], isIdle: Bool) {
        isRetired = true
        return (queue.removeAll { _ in true }, running.isEmpty)
    }

    private var overloaded: ServingError {
        // The time until the queue has drained is the honest guess of when to come back.
        let perRun = max(placement.averageNanoseconds, 1_000)
        let runs = UInt64((queue.count + rowsMaximum - 1) / rowsMaximum / instances + 1)
        let (product, overflow) = perRun.multipliedReportingOverflow(by: runs)
        let wait = Duration.nanoseconds(
            Int64(min(overflow ? .max : product, 60_000_000_000)))
        return ServingError(
            .overloaded,
            "the queue of model \(identity) is full: \(queue.count) requests wait; try again later, "
                + "or raise 'queue' or 'instances' of this model",
            retryAfter: wait)
    }
}

extension RunBatch {
    /// The same run without the requests that have expired; its cancellation stays reachable.
    func keeping(_ live: [PendingRequest]) -> RunBatch {
        RunBatch(live, cancellation: cancellation)
    }
}
