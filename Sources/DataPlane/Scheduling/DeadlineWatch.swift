public import ServingCore
import Synchronization

/// Looks after deadlines and cancellations of everything that waits or runs, for all models.
///
/// One thread, which sweeps every few milliseconds while there is work and sleeps otherwise: a timer
/// a request would cost more than the requests that it saves.
public final class DeadlineWatch: Sendable {
    private struct WeakModel {
        weak var model: ScheduledModel?
    }

    private struct State {
        var models: [WeakModel] = []
        var isStopped = false
        var isAwake = false
    }

    /// How late an expired request may be noticed.
    static let period = Duration.milliseconds(5)
    /// Sweeps without work before the thread sleeps.
    static let quietSweeps = 200

    private let state = Condition(State())
    private let isSleeping = Atomic(true)
    private let clock: any ServingClock

    /// Makes a watch; it does nothing until `start`, but `sweep` may be called by hand.
    public init(clock: any ServingClock = SystemClock()) {
        self.clock = clock
    }

    /// Starts the thread.
    ///
    /// - Throws: `resource_exhausted` when the system starts no more threads.
    public func start() throws(ServingError) {
        try NamedThread.start("slipway-watch") { [self] in loop() }
    }

    /// Ends the thread.
    public func stop() {
        state.withLock { $0.isStopped = true }
        state.broadcast()
    }

    func add(_ model: ScheduledModel) {
        state.withLock { state in
            state.models.removeAll { $0.model == nil }
            state.models.append(WeakModel(model: model))
        }
    }

    /// Says that there is work; one relaxed read while the thread is awake.
    @inline(__always)
    func wake() {
        guard isSleeping.load(ordering: .relaxed) else { return }
        wakeSlowly()
    }

    private func wakeSlowly() {
        state.withLock { state in
            state.isAwake = true
            isSleeping.store(false, ordering: .relaxed)
        }
        state.broadcast()
    }

    /// Looks at every model once; returns whether any has work.
    @discardableResult
    func sweep() -> Bool {
        let models = state.withLock { $0.models.compactMap(\.model) }
        let now = clock.now()
        var isActive = false
        for model in models where model.sweep(at: now) { isActive = true }
        return isActive
    }

    private func loop() {
        var quiet = 0
        while true {
            let isStopped = state.wait { state -> Bool? in
                if state.isStopped { return true }
                return state.isAwake ? false : nil
            }
            if isStopped { return }
            quiet = sweep() ? 0 : quiet + 1
            if quiet >= Self.quietSweeps { fallAsleep(&quiet) }
            let pause = MonotonicTime.now().advanced(by: Self.period)
            _ = state.wait(until: pause) { $0.isStopped ? true : nil }
        }
    }

    /// Sleeps unless work came in the meantime: the flag goes up first, then one more look.
    private func fallAsleep(_ quiet: inout Int) {
        quiet = 0
        // Both under the lock, so that they never disagree.
        state.withLock { state in
            state.isAwake = false
            isSleeping.store(true, ordering: .sequentiallyConsistent)
        }
        if sweep() { wakeSlowly() }
    }
}
