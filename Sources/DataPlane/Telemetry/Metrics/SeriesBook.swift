import ServingCore

/// Which models and versions have series: a value that `ServerMetrics` keeps behind its lock.
struct SeriesBook {
    /// What is counted about a model as a whole.
    struct ModelRecord {
        /// Loads by outcome: `Outcomes.index(of:)`.
        var loads: [Int: UInt64] = [:]
        var unloads: UInt64 = 0
        var loadDuration = Histogram(.load)
        var versions: [ModelVersion: VersionRecord] = [:]
        var changed: MonotonicTime
    }

    /// A version's counters; `ended` is set while it is not loaded.
    struct VersionRecord {
        var metrics: ModelMetrics
        var ended: MonotonicTime?
    }

    private(set) var models: [ModelName: ModelRecord] = [:]
    private let retention: SeriesRetention

    init(retention: SeriesRetention) {
        self.retention = retention
    }

    /// The counters of a version that is about to serve; those it had before, if still remembered.
    mutating func begin(_ identity: ModelIdentity, at now: MonotonicTime) -> ModelMetrics {
        prune(at: now)
        return change(identity.name, at: now) { model in
            let metrics = model.versions[identity.version]?.metrics ?? ModelMetrics(identity)
            model.versions[identity.version] = VersionRecord(metrics: metrics, ended: nil)
            return metrics
        }
    }

    mutating func loaded(
        _ identity: ModelIdentity, code: ErrorCode?, nanoseconds: UInt64, at now: MonotonicTime
    ) {
        change(identity.name, at: now) { model in
            model.loads[Outcomes.index(of: code), default: 0] += 1
            model.loadDuration.record(nanoseconds)
            if code != nil { model.versions[identity.version]?.ended = now }
        }
        prune(at: now)
    }

    mutating func unloaded(_ identity: ModelIdentity, at now: MonotonicTime) {
        change(identity.name, at: now) { model in
            model.unloads += 1
            model.versions[identity.version]?.ended = now
        }
        prune(at: now)
    }

    /// Forgets what `SeriesRetention` no longer keeps.
    mutating func prune(at now: MonotonicTime) {
        let age = retention.age.nanosecondsClamped
        for (name, model) in models {
            var ended = model.versions.compactMap { version, record in
                record.ended.map { (version: version, at: $0) }
            }
            guard !ended.isEmpty else { continue }
            ended.sort { ($0.at, $0.version) > ($1.at, $1.version) }
            for (index, entry) in ended.enumerated()
            where index >= retention.endedVersionsMaximum
                || now.nanoseconds(since: entry.at) >= age
            {
                models[name]?.versions[entry.version] = nil
            }
        }
        let idle = models.filter { $0.value.versions.isEmpty }
        guard idle.count > retention.idleModelsMaximum else { return }
        let oldest = idle.sorted { ($0.value.changed, $0.key) < ($1.value.changed, $1.key) }
        for (name, _) in oldest.prefix(idle.count - retention.idleModelsMaximum) {
            models[name] = nil
        }
    }

    private mutating func change<Result>(
        _ name: ModelName, at now: MonotonicTime, _ body: (inout ModelRecord) -> Result
    ) -> Result {
        var record = models[name] ?? ModelRecord(changed: now)
        models[name] = nil
        record.changed = now
        defer { models[name] = record }
        return body(&record)
    }
}
