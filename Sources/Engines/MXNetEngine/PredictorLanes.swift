import ServingCore
import Synchronization

/// The places in which predictors of all models live and run, one run at a time in each.
///
/// When a predictor is made, the library gives it scratch memory that belongs to the thread that
/// makes it. Two predictors made on one thread share that memory, and must not run at once. So every
/// lane makes its predictors on a thread of its own, which lasts as long as the process, and runs
/// one of them at a time, on whatever thread the run comes from.
final class PredictorLanes: Sendable {
    /// Most lanes.
    static let maximum = 64

    private let lanes = Mutex<[PredictorLane]>([])

    /// At least so many lanes, made when first asked for.
    ///
    /// - Throws: `resource_exhausted` when a thread cannot be started.
    func first(_ count: Int) throws(ServingError) -> [PredictorLane] {
        let result = lanes.withLock { lanes -> Result<[PredictorLane], ServingError> in
            do throws(ServingError) {
                while lanes.count < count { lanes.append(try PredictorLane(lanes.count)) }
                return .success(Array(lanes.prefix(count)))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// One place to run, and the thread that makes predictors for it.
final class PredictorLane: Sendable {
    private struct Job: Sendable {
        let body: @Sendable () -> Void
    }

    private let isTaken = Mutex<Void>(())
    private let jobs = Condition<[Job]>([])

    fileprivate init(_ number: Int) throws(ServingError) {
        let jobs = jobs
        try NamedThread.start("mxnet-\(number)") {
            while true {
                let job = jobs.wait { $0.isEmpty ? nil : $0.removeFirst() }
                job.body()
            }
        }
    }

    /// Runs `body` when nobody else runs in this lane; waits for that.
    func take<Result>(_ body: () -> Result) -> Result { isTaken.withLock { _ in body() } }

    /// The same, only if it is free now; nil otherwise.
    func takeIfFree<Result>(_ body: () -> Result) -> Result? {
        isTaken.withLockIfAvailable { _ in body() }
    }

    /// Runs `body` on the lane's thread and waits for it; the lane must be taken by the caller.
    func make<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result {
        let answer = Condition<Result?>(nil)
        jobs.withLock {
            $0.append(
                Job {
                    let result = body()
                    answer.withLock { $0 = result }
                    answer.signal()
                })
        }
        jobs.signal()
        return answer.wait { $0 }
    }
}
