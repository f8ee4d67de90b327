/// Counts values by size in fixed buckets; any thread may record.
///
/// Recording is a binary search and two atomic additions. The total count is the sum of the buckets,
/// so that the `+Inf` bucket and `_count` of one page always agree.
public final class Histogram: Sendable {
    let buckets: HistogramBuckets
    /// One count a bucket and one beyond the last bound, then the sum of all values.
    private let counts: AtomicCounts

    /// Makes an empty histogram.
    public init(_ buckets: HistogramBuckets) {
        self.buckets = buckets
        counts = AtomicCounts(count: buckets.bounds.count + 2)
    }

    /// Counts a value, in the unit of the buckets' bounds.
    public func record(_ value: UInt64) {
        counts.add(at: buckets.index(of: value))
        counts.add(value, at: buckets.bounds.count + 1)
    }

    /// Adds what another of the same buckets has counted.
    func add(_ other: Histogram) {
        for (index, count) in other.bucketCounts.enumerated() { counts.add(count, at: index) }
        counts.add(other.sum, at: buckets.bounds.count + 1)
    }

    /// The values counted so far.
    public var count: UInt64 { bucketCounts.reduce(0, &+) }

    /// The sum of the values counted so far, in the unit of the bounds.
    public var sum: UInt64 { counts[buckets.bounds.count + 1] }

    /// How many values fell into each bucket alone; the last element is beyond all bounds.
    public var bucketCounts: [UInt64] { (0...buckets.bounds.count).map { counts[$0] } }
}

/// The upper bounds of a histogram's buckets, and how they are shown.
public struct HistogramBuckets: Sendable {
    /// Inclusive upper bounds, ascending, in the unit that is recorded.
    public let bounds: [UInt64]
    /// Recorded units in one shown unit: 1e9 for nanoseconds shown as seconds.
    public let scale: Double
    /// The bounds as text where they have a form of their own; nil for the shortest.
    let texts: [String]?

    /// Chooses bounds.
    ///
    /// - Precondition: the bounds ascend.
    public init(bounds: [UInt64], scale: Double = 1) {
        self.init(bounds: bounds, scale: scale, texts: nil)
    }

    init(bounds: [UInt64], scale: Double, texts: [String]?) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "bucket bounds ascend")
        self.bounds = bounds
        self.scale = scale
        self.texts = texts
    }

    /// The first bucket whose bound is not below the value; `bounds.count` when there is none.
    func index(of value: UInt64) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Requests and runs, 50 us to 30 s. Up to 100 ms neighbours differ by half to a third, so that
    /// a quantile that `histogram_quantile` interpolates is off by less than a fifth, typically.
    public static let latency = HistogramBuckets(
        bounds: [
            50, 75, 100, 150, 200, 300, 500, 750,
            1_000, 1_500, 2_000, 3_000, 5_000, 7_500,
            10_000, 15_000, 20_000, 30_000, 50_000, 75_000,
            100_000, 200_000, 500_000,
            1_000_000, 2_000_000, 5_000_000, 10_000_000, 30_000_000,
        ].map { $0 * 1_000 }, scale: 1e9)

    /// Loads of models, 1 ms to 10 minutes.
    public static let load = HistogramBuckets(
        bounds: [
            1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000,
            120_000,
            300_000, 600_000,
        ].map { $0 * 1_000_000 }, scale: 1e9)

    /// Requests or rows in a batch, powers of two to 1024.
    public static let batch = HistogramBuckets(
        bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
}
