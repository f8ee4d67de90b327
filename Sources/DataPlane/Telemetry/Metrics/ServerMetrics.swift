public import Inference
public import ServingCore
import Synchronization

/// Counts what happens to the server and hands out each version's `ModelMetrics`.
///
/// Labels come from loaded models only; a name that a client makes up never becomes one.
public final class ServerMetrics: ServerObserver {
    private let book: Mutex<SeriesBook>
    private let refused = AtomicCounts(count: Outcomes.combinations)
    private let clock: any ServingClock

    /// Starts at nothing; the clock decides when series of ended versions go.
    public init(clock: any ServingClock = SystemClock(), retention: SeriesRetention = .standard) {
        self.clock = clock
        book = Mutex(SeriesBook(retention: retention))
    }

    public func modelObserver(for identity: ModelIdentity) -> any ModelObserver {
        metrics(for: identity)
    }

    /// The counters of a version, made when it has none yet.
    public func metrics(for identity: ModelIdentity) -> ModelMetrics {
        let now = clock.now()
        return book.withLock { $0.begin(identity, at: now) }
    }

    /// The counters of a version that has some.
    func knownMetrics(of identity: ModelIdentity) -> ModelMetrics? {
        book.withLock { $0.models[identity.name]?.versions[identity.version]?.metrics }
    }

    /// The counters of all versions, by model and version.
    var allMetrics: [ModelMetrics] {
        let models = book.withLock { $0.models }
        return models.sorted { $0.key < $1.key }.flatMap { _, model in
            model.versions.sorted { $0.key < $1.key }.map(\.value.metrics)
        }
    }

    public func requestRefused(_ wire: WireProtocol, code: ErrorCode) {
        refused.add(at: Outcomes.index(wire, code))
    }

    public func loadFinished(_ identity: ModelIdentity, error: ServingError?, nanoseconds: UInt64) {
        let now = clock.now()
        book.withLock {
            $0.loaded(identity, code: error?.code, nanoseconds: nanoseconds, at: now)
        }
    }

    public func unloadFinished(_ identity: ModelIdentity) {
        let now = clock.now()
        book.withLock { $0.unloaded(identity, at: now) }
    }
}

extension ServerMetrics: MetricSource {
    public func write(to page: inout ExpositionWriter) {
        let now = clock.now()
        let models = book.withLock { book in
            book.prune(at: now)
            return book.models
        }
        let sorted = models.sorted { $0.key < $1.key }
        let versions = sorted.flatMap { _, model in
            model.versions.sorted { $0.key < $1.key }.map(\.value.metrics)
        }
        writeRequests(versions, to: &page)
        writeRuns(versions, to: &page)
        writeLoads(sorted.map { ($0.key, $0.value) }, to: &page)
    }

    private func writeRequests(_ versions: [ModelMetrics], to page: inout ExpositionWriter) {
        page.family(
            "slipway_requests_total", .counter,
            "Inference requests answered, by model version, protocol and outcome (ok or error code)."
        )
        for version in versions { version.writeRequests(to: &page) }
        page.family(
            "slipway_request_duration_seconds", .histogram,
            "Time from the request's head to its answer; outcome is ok or error.")
        for version in versions { version.writeDurations(to: &page) }
        page.family(
            "slipway_refused_requests_total", .counter,
            "Requests refused before a model version was found, by protocol and error code.")
        for wire in WireProtocol.allCases {
            for code in ErrorCode.allCodes {
                let count = refused[Outcomes.index(wire, code)]
                guard count > 0 else { continue }
                page.sample(
                    MetricLabels(["protocol": wire.rawValue, "code": code.description]), count)
            }
        }
    }

    private func writeRuns(_ versions: [ModelMetrics], to page: inout ExpositionWriter) {
        page.family(
            "slipway_queue_duration_seconds", .histogram,
            "Time that the first request of an engine run waited for it.")
        for version in versions { page.sample(version.labels, version.queueDuration) }
        page.family(
            "slipway_run_duration_seconds", .histogram, "Time that an engine run took.")
        for version in versions { page.sample(version.labels, version.runDuration) }
        page.family(
            "slipway_batch_requests", .histogram, "Requests that shared an engine run.")
        for version in versions { page.sample(version.labels, version.batchRequests) }
        page.family("slipway_batch_rows", .histogram, "Rows in an engine run.")
        for version in versions { page.sample(version.labels, version.batchRows) }
        page.family("slipway_queue_depth", .gauge, "Requests waiting for an engine run now.")
        for version in versions { page.sample(version.labels, version.queueDepth.value) }
    }

    private func writeLoads(
        _ models: [(name: ModelName, record: SeriesBook.ModelRecord)],
        to page: inout ExpositionWriter
    ) {
        page.family(
            "slipway_model_loads_total", .counter,
            "Attempts to load a version of the model, by outcome (ok or error code).")
        for (name, record) in models {
            for (index, outcome) in Outcomes.names.enumerated() {
                let count = record.loads[index] ?? 0
                guard index == 0 || count > 0 else { continue }
                page.sample(MetricLabels(["model": name.text, "outcome": outcome]), count)
            }
        }
        page.family(
            "slipway_model_load_duration_seconds", .histogram,
            "Time that an attempt to load a version took, warm-up included.")
        for (name, record) in models {
            page.sample(MetricLabels(["model": name.text]), record.loadDuration)
        }
        page.family(
            "slipway_model_unloads_total", .counter, "Versions of the model unloaded.")
        for (name, record) in models {
            page.sample(MetricLabels(["model": name.text]), record.unloads)
        }
    }
}
