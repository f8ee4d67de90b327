import EngineInterface
public import Inference
public import Models
public import ServingCore
import Synchronization
import Tensors

/// A loaded model with its queue: the shell around `SchedulerMachine`.
///
/// The machine decides under the lock; this class runs batches, answers requests and keeps health
/// outside of it.
public final class ScheduledModel: ManagedServable {
    public let metadata: ModelMetadata
    public let observer: any ModelObserver
    /// As configured, with the instances that there really are.
    public let schedulingPolicy: SchedulingPolicy?
    private let model: any LoadedModel
    private let machine: Mutex<SchedulerMachine>
    private let pool: RunnerPool
    private let watch: DeadlineWatch
    private let clock: any ServingClock
    private let runner: BatchRun
    private let record = HealthRecord()
    private let unloaded = Condition(false)

    /// Puts a queue in front of a model; `SchedulerFactory` calls this.
    init(
        _ model: any LoadedModel, metadata: ModelMetadata, policy: SchedulingPolicy,
        observer: any ModelObserver, pool: RunnerPool, watch: DeadlineWatch,
        clock: any ServingClock
    ) {
        self.model = model
        self.metadata = metadata
        self.observer = observer
        self.pool = pool
        self.watch = watch
        self.clock = clock
        runner = BatchRun(model: model, identity: metadata.identity)
        let instances = min(
            policy.instances ?? model.concurrencyMaximum, model.concurrencyMaximum)
        var real = policy
        real.instances = instances
        if model.waitsForOthers { real.placement = .pool }
        schedulingPolicy = real
        machine = Mutex(
            SchedulerMachine(identity: metadata.identity, policy: real, instances: instances))
    }

    public var health: ServableHealth { record.health(condition: model.condition) }

    public func submit(
        _ request: InferenceRequest,
        completion: @escaping @Sendable (Result<InferenceResponse, ServingError>) -> Void
    ) {
        let pending: PendingRequest
        do throws(ServingError) {
            let signature = try metadata.signature(named: request.signatureName)
            pending = PendingRequest(
                signature: signature, inputs: try signature.bind(request.inputs),
                outputIndices: try signature.bindOutputs(request.outputNames), request: request,
                submitted: clock.now(), completion: completion)
        } catch {
            return completion(.failure(error))
        }
        if let error = pending.expiry(at: pending.submitted) {
            return pending.answer(.failure(error))
        }
        switch machine.withLock({ $0.arrived(pending) }) {
        case .runHere(let batch):
            watch.wake()
            if let next = execute(batch, startingAt: pending.submitted) { runOnPool(next) }
        case .runOnPool(let batch):
            watch.wake()
            runOnPool(batch)
        case .wait(let depth):
            observer.queueChanged(depth: depth)
        case .refuse(let error):
            pending.answer(.failure(error))
        }
    }

    private func runOnPool(_ batch: RunBatch) {
        pool.run { [self] in
            var next: RunBatch? = batch
            while let batch = next { next = execute(batch, startingAt: clock.now()) }
        }
    }

    /// Runs a batch, answers its requests, and returns the batch that this thread should run next.
    private func execute(_ batch: RunBatch, startingAt start: MonotonicTime) -> RunBatch? {
        let time = answer(batch, startingAt: start)
        switch machine.withLock({ $0.finished(batch, time) }) {
        case .run(let next, let depth):
            observer.queueChanged(depth: depth)
            return next
        case .idle:
            return nil
        case .unload:
            finishUnload()
            return nil
        }
    }

    /// Runs the requests of a batch that are still wanted, and answers all of them.
    private func answer(_ batch: RunBatch, startingAt start: MonotonicTime)
        -> SchedulerMachine.RunTime
    {
        let live = stillWanted(batch, at: start)
        guard !live.isEmpty else { return .none }
        let run = live.count == batch.requests.count ? batch : batch.keeping(live)
        let outcome = runner.run(run)
        let nanoseconds = clock.now().nanoseconds(since: start)
        observer.runFinished(
            queueNanoseconds: start.nanoseconds(since: live[0].submitted),
            runNanoseconds: nanoseconds, requests: live.count, rows: run.rows)
        switch outcome {
        case .answered(let outputs):
            record.succeeded(at: start)
            observer.runSucceeded(
                queueNanoseconds: live.reduce(0) { $0 &+ start.nanoseconds(since: $1.submitted) },
                runNanoseconds: nanoseconds, requests: live.count, rows: run.rows)
            for (request, outputs) in zip(live, outputs) {
                request.answer(.success(response(outputs, request, start, nanoseconds, live.count)))
            }
            return .answered(nanoseconds: nanoseconds)
        case .failed(let error) where live.count == 1 || run.cancellation.error != nil:
            record.failed(error)
            for request in live { request.answer(.failure(error)) }
        case .failed:
            answerOneByOne(live, run)
        case .inseparable:
            machine.withLock { $0.stopBatching() }
            answerOneByOne(live, run)
        }
        return .failed(nanoseconds: nanoseconds)
    }

    /// Requests that waited may have expired meanwhile: those are answered here and left out.
    private func stillWanted(_ batch: RunBatch, at now: MonotonicTime) -> [PendingRequest] {
        // Usually none has, and then the array is not built anew.
        guard batch.requests.contains(where: { $0.expiry(at: now) != nil }) else {
            return batch.requests
        }
        return batch.requests.filter { request in
            guard let error = request.expiry(at: now) else { return true }
            request.answer(.failure(error))
            return false
        }
    }

    /// After a batch that failed as a whole: one request's bad input must not fail its neighbours.
    private func answerOneByOne(_ requests: [PendingRequest], _ batch: RunBatch) {
        for request in requests {
            let start = clock.now()
            do throws(ServingError) {
                if let error = request.expiry(at: start) { throw error }
                let outputs = try runner.runOne(request, batch)
                let nanoseconds = clock.now().nanoseconds(since: start)
                record.succeeded(at: start)
                observer.runSucceeded(
                    queueNanoseconds: start.nanoseconds(since: request.submitted),
                    runNanoseconds: nanoseconds, requests: 1, rows: request.rows)
                request.answer(.success(response(outputs, request, start, nanoseconds, 1)))
            } catch {
                record.failed(error)
                request.answer(.failure(error))
            }
        }
    }

    private func response(
        _ outputs: [NamedTensor], _ request: PendingRequest, _ start: MonotonicTime,
        _ nanoseconds: UInt64, _ count: Int
    ) -> InferenceResponse {
        InferenceResponse(
            outputs: outputs, identity: metadata.identity,
            timings: InferenceTimings(
                queueNanoseconds: start.nanoseconds(since: request.submitted),
                runNanoseconds: nanoseconds, batchedRequests: count))
    }
}

extension ScheduledModel {
    /// Answers requests whose time is up or whose client is gone, and stops runs that nobody waits for.
    ///
    /// Returns whether there is still something to watch.
    func sweep(at now: MonotonicTime) -> Bool {
        let (expired, runs, isActive, depth) = machine.withLock { machine in
            (machine.expired(at: now), machine.runs, machine.isActive, machine.depth)
        }
        for request in expired {
            request.answer(.failure(request.expiry(at: now) ?? Self.gone))
        }
        if !expired.isEmpty { observer.queueChanged(depth: depth) }
        for run in runs {
            var last: ServingError?
            var isWanted = false
            // After a joint run that failed, some are answered while others still run by themselves.
            for request in run.requests where !request.hasAnswer {
                if let error = request.expiry(at: now) {
                    request.answer(.failure(error))
                    last = error
                } else {
                    isWanted = true
                }
            }
            if !isWanted, let last { run.cancellation.cancel(last) }
        }
        return isActive
    }

    private static let gone = ServingError(.cancelled, "the client has gone away")

    /// How long `unload` waits for a run that nobody waits for any more.
    static let unloadPatience = Duration.seconds(60)

    /// Frees the model once no run uses it.
    ///
    /// A run that ignores its cancellation for a minute keeps the model in memory; the model is freed
    /// when that run returns.
    public func unload() {
        let (waiting, isIdle) = machine.withLock { $0.retire() }
        for request in waiting {
            request.answer(
                .failure(
                    ServingError(
                        .modelNotReady, "model \(metadata.identity) was unloaded; try again")))
        }
        if isIdle { return finishUnload() }
        for run in machine.withLock({ $0.runs }) {
            run.cancellation.cancel(
                ServingError(.cancelled, "model \(metadata.identity) is being unloaded"))
        }
        let patience = MonotonicTime.now().advanced(by: Self.unloadPatience)
        _ = unloaded.wait(until: patience) { $0 ? true : nil }
    }

    private func finishUnload() {
        model.unload()
        unloaded.withLock { $0 = true }
        unloaded.broadcast()
    }
}
