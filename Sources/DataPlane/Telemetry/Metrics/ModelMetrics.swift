public import Inference
public import ServingCore

/// The counters of one model version; every event is a handful of atomic additions.
public final class ModelMetrics: ModelObserver {
    /// Which version.
    public let identity: ModelIdentity
    private let requests = AtomicCounts(count: Outcomes.combinations)
    /// Two a protocol: successes, then failures. Each failure's own code is in `requests`.
    private let durations: [Histogram] = (0..<WireProtocol.allCases.count * 2).map { _ in
        Histogram(.latency)
    }
    let queueDuration = Histogram(.latency)
    let runDuration = Histogram(.latency)
    let batchRequests = Histogram(.batch)
    let batchRows = Histogram(.batch)
    let queueDepth = Gauge()
    let runStatistics = RunStatistics()
    /// TensorFlow Serving's latencies have buckets of their own: one histogram a transport.
    let restLatency = Histogram(.tensorFlowServing)
    let grpcLatency = Histogram(.tensorFlowServing)
    let runtimeLatency = Histogram(.tensorFlowServing)
    let labels: MetricLabels

    /// Starts at nothing.
    public init(_ identity: ModelIdentity) {
        self.identity = identity
        labels = MetricLabels([
            "model": identity.name.text, "version": identity.version.description,
        ])
    }

    public func requestFinished(_ wire: WireProtocol, outcome: ErrorCode?, nanoseconds: UInt64) {
        requests.add(at: Outcomes.index(wire, outcome))
        durations[wire.ordinal * 2 + (outcome == nil ? 0 : 1)].record(nanoseconds)
        guard outcome == nil else { return }
        (wire.isGRPC ? grpcLatency : restLatency).record(nanoseconds)
        runStatistics.answered(at: UTCTime.now())
    }

    public func runSucceeded(
        queueNanoseconds: UInt64, runNanoseconds: UInt64, requests: Int, rows: Int
    ) {
        runtimeLatency.record(runNanoseconds)
        runStatistics.ran(
            queueNanoseconds: queueNanoseconds, runNanoseconds: runNanoseconds,
            requests: requests, rows: rows)
    }

    public func runFinished(
        queueNanoseconds: UInt64, runNanoseconds: UInt64, requests: Int, rows: Int
    ) {
        queueDuration.record(queueNanoseconds)
        runDuration.record(runNanoseconds)
        batchRequests.record(UInt64(clamping: requests))
        batchRows.record(UInt64(clamping: rows))
    }

    public func queueChanged(depth: Int) {
        queueDepth.set(depth)
    }

    /// How long the requests of a protocol took that succeeded, or that did not.
    func duration(_ wire: WireProtocol, isSuccess: Bool) -> Histogram {
        durations[wire.ordinal * 2 + (isSuccess ? 0 : 1)]
    }

    /// Requests answered so far over a protocol, by outcome; nil is success.
    public func requestCount(_ wire: WireProtocol, outcome: ErrorCode?) -> UInt64 {
        requests[Outcomes.index(wire, outcome)]
    }
}

extension ModelMetrics {
    /// The samples of `slipway_requests_total`: successes always, so that a rate can start at zero,
    /// failures once they have happened.
    func writeRequests(to page: inout ExpositionWriter) {
        for wire in WireProtocol.allCases {
            let labels = labels.adding("protocol", wire.rawValue)
            for (index, name) in Outcomes.names.enumerated() {
                let count = requests[wire.ordinal * Outcomes.names.count + index]
                guard index == 0 || count > 0 else { continue }
                page.sample(labels.adding("outcome", name), count)
            }
        }
    }

    /// The samples of `slipway_request_duration_seconds`, for protocols and outcomes that occurred.
    func writeDurations(to page: inout ExpositionWriter) {
        for wire in WireProtocol.allCases {
            for (index, outcome) in ["ok", "error"].enumerated() {
                let histogram = durations[wire.ordinal * 2 + index]
                guard histogram.count > 0 else { continue }
                let labels = labels.adding("protocol", wire.rawValue).adding("outcome", outcome)
                page.sample(labels, histogram)
            }
        }
    }
}
