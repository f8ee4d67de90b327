public import Inference
public import ServingCore

extension ModelMetrics {
    /// The figures of the Open Inference Protocol's statistics.
    var statistics: ModelStatistics {
        var statistics = ModelStatistics()
        runStatistics.add(to: &statistics)
        for wire in WireProtocol.allCases {
            add(duration(wire, isSuccess: true), to: &statistics.success)
            add(duration(wire, isSuccess: false), to: &statistics.failure)
        }
        return statistics
    }

    private func add(_ histogram: Histogram, to duration: inout ModelStatistics.Duration) {
        duration.count &+= histogram.count
        duration.nanoseconds &+= histogram.sum
    }
}

extension ServerMetrics: ModelStatisticsSource {
    public func statistics(of identity: ModelIdentity) -> ModelStatistics? {
        knownMetrics(of: identity)?.statistics
    }
}
