public import EngineInterface
public import Inference
public import Models
public import ServingCore

/// Makes the scheduler of each model version, over one shared pool and deadline watch.
public struct SchedulerFactory: ServableFactory {
    private let pool: RunnerPool
    private let watch: DeadlineWatch
    private let clock: any ServingClock

    /// Shares a pool and a watch among all models.
    public init(
        pool: RunnerPool = RunnerPool(), watch: DeadlineWatch,
        clock: any ServingClock = SystemClock()
    ) {
        self.pool = pool
        self.watch = watch
        self.clock = clock
    }

    public func makeServable(
        _ model: any LoadedModel, metadata: ModelMetadata, policy: SchedulingPolicy,
        observer: any ModelObserver
    ) -> any ManagedServable {
        let scheduled = ScheduledModel(
            model, metadata: metadata, policy: policy, observer: observer, pool: pool,
            watch: watch, clock: clock)
        watch.add(scheduled)
        return scheduled
    }
}
