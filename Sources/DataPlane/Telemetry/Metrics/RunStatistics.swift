import Inference
import ServingCore
import Synchronization

/// What the Open Inference Protocol's statistics add up of one model version's runs.
///
/// A run costs six atomic additions. Unlike the histograms, only runs that gave results count.
final class RunStatistics: Sendable {
    /// Batch sizes that are told apart; the last stands for itself and all above.
    static let sizesMaximum = 64

    private enum Place: Int {
        case queueCount, queueNanoseconds, runNanoseconds, rows
    }

    private let sums = AtomicCounts(count: 4)
    /// For each batch size how many runs, then for each how long they took together.
    private let sizes = AtomicCounts(count: sizesMaximum * 2)
    private let lastMilliseconds = Atomic<UInt64>(0)

    /// Counts a run.
    func ran(queueNanoseconds: UInt64, runNanoseconds: UInt64, requests: Int, rows: Int) {
        let requests = UInt64(clamping: requests)
        sums.add(requests, at: Place.queueCount.rawValue)
        sums.add(queueNanoseconds, at: Place.queueNanoseconds.rawValue)
        sums.add(runNanoseconds &* requests, at: Place.runNanoseconds.rawValue)
        sums.add(UInt64(clamping: rows), at: Place.rows.rawValue)
        let size = min(max(rows, 1), Self.sizesMaximum) - 1
        sizes.add(at: size)
        sizes.add(runNanoseconds, at: Self.sizesMaximum + size)
    }

    /// Remembers when a request was answered.
    func answered(at time: UTCTime) {
        lastMilliseconds.store(time.nanoseconds / 1_000_000, ordering: .relaxed)
    }

    /// Writes the sums into statistics.
    func add(to statistics: inout ModelStatistics) {
        let requests = sums[Place.queueCount.rawValue]
        statistics.inferences = sums[Place.rows.rawValue]
        statistics.lastInferenceMilliseconds = lastMilliseconds.load(ordering: .relaxed)
        statistics.queue = .init(
            count: requests, nanoseconds: sums[Place.queueNanoseconds.rawValue])
        statistics.run = .init(count: requests, nanoseconds: sums[Place.runNanoseconds.rawValue])
        statistics.batches = (0..<Self.sizesMaximum).compactMap { index in
            let runs = sizes[index]
            guard runs > 0 else { return nil }
            return ModelStatistics.Batch(
                size: UInt64(index + 1),
                runs: .init(count: runs, nanoseconds: sizes[Self.sizesMaximum + index]))
        }
        statistics.executions = statistics.batches.reduce(0) { $0 &+ $1.runs.count }
    }
}
