import Inference

/// Decides from measured run times whether a model is fast enough to run on the thread that submits.
///
/// A hop to another thread and back costs 10 to 20 microseconds of CPU; a run much longer than that
/// would hold up the other connections of an event loop. Moving here takes a row of fast runs; a
/// single slow one moves back at once, and it takes ever more fast ones to return.
struct PlacementPolicy {
    /// An average below this may run here.
    static let fastNanoseconds: UInt64 = 100_000
    /// A single run above this ends running here.
    static let slowNanoseconds: UInt64 = 1_000_000
    /// Fast runs in a row that are needed at first.
    static let provingRuns = 16
    /// Most fast runs in a row that are ever needed.
    static let provingRunsMaximum = 16_384
    /// Larger inputs never run here: that small ones are fast says little of them.
    static let bytesMaximum = 64 * 1024

    private let isAutomatic: Bool
    private(set) var runsHere = false
    /// Exponentially weighted over about 16 runs.
    private(set) var averageNanoseconds: UInt64 = 0
    private var fastRuns = 0
    private var neededRuns = Self.provingRuns

    init(_ placement: SchedulingPolicy.Placement) {
        isAutomatic = placement == .automatic
    }

    /// Takes in how long a run was.
    mutating func ran(nanoseconds: UInt64) {
        let sample = min(nanoseconds, 1 << 50)
        averageNanoseconds =
            averageNanoseconds == 0 ? sample : (averageNanoseconds * 15 + sample) / 16
        guard isAutomatic else { return }
        if sample >= Self.slowNanoseconds || averageNanoseconds > 2 * Self.fastNanoseconds {
            leave()
        } else if sample <= Self.fastNanoseconds {
            fastRuns += 1
            if fastRuns >= neededRuns, averageNanoseconds <= Self.fastNanoseconds {
                runsHere = true
            }
        } else {
            fastRuns = 0
        }
    }

    /// Takes in a run that did not answer; how soon it failed says nothing of how fast the model is.
    mutating func failed(nanoseconds: UInt64) {
        if nanoseconds >= Self.slowNanoseconds { ran(nanoseconds: nanoseconds) }
    }

    private mutating func leave() {
        if runsHere {
            neededRuns = min(neededRuns * 4, Self.provingRunsMaximum)
        }
        runsHere = false
        fastRuns = 0
    }
}
