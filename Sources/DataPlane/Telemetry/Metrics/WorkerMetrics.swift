public import ServingCore

/// The worker processes of versions that run in some.
public struct WorkerMetrics: MetricSource {
    /// One worker process.
    public struct Worker: Sendable {
        let position: Int
        let isReady: Bool
        let residentBytes: Int
        let runs: UInt64

        /// Describes a worker; bytes are those that it shares with no other process.
        public init(position: Int, isReady: Bool, residentBytes: Int, runs: UInt64) {
            self.position = position
            self.isReady = isReady
            self.residentBytes = residentBytes
            self.runs = runs
        }
    }

    /// A version with its workers.
    public struct Version: Sendable {
        let identity: ModelIdentity
        let workers: [Worker]
        let restarts: [(reason: String, count: Int)]

        /// Describes a version; every reason for a restart is listed, also with none.
        public init(
            identity: ModelIdentity, workers: [Worker], restarts: [(reason: String, count: Int)]
        ) {
            self.identity = identity
            self.workers = workers
            self.restarts = restarts
        }
    }

    private let versions: @Sendable () -> [Version]

    /// Shows what the closure reports at each scrape; it reads a small file a worker at most.
    public init(_ versions: @escaping @Sendable () -> [Version]) {
        self.versions = versions
    }

    public func write(to page: inout ExpositionWriter) {
        let versions = versions().sorted {
            ($0.identity.name, $0.identity.version) < ($1.identity.name, $1.identity.version)
        }
        page.family("slipway_workers_up", .gauge, "Worker processes of the version that answer.")
        for version in versions {
            page.sample(labels(version.identity), version.workers.count { $0.isReady })
        }
        page.family(
            "slipway_worker_restarts_total", .counter,
            "Worker processes that were started anew, by how the one before ended.")
        for version in versions {
            for (reason, count) in version.restarts {
                page.sample(labels(version.identity, reason: reason), count)
            }
        }
        page.family(
            "slipway_worker_resident_bytes", .gauge,
            "Memory of the worker process that it shares with no other.")
        for version in versions {
            for worker in version.workers {
                page.sample(labels(version.identity, worker), worker.residentBytes)
            }
        }
        page.family("slipway_worker_runs_total", .counter, "Runs that the worker was given.")
        for version in versions {
            for worker in version.workers {
                page.sample(labels(version.identity, worker), Int(clamping: worker.runs))
            }
        }
    }

    private func labels(_ identity: ModelIdentity, _ worker: Worker) -> MetricLabels {
        MetricLabels([
            "model": identity.name.text, "version": identity.version.description,
            "worker": worker.position.description,
        ])
    }

    private func labels(_ identity: ModelIdentity, reason: String) -> MetricLabels {
        MetricLabels([
            "model": identity.name.text, "version": identity.version.description,
            "reason": reason,
        ])
    }

    private func labels(_ identity: ModelIdentity) -> MetricLabels {
        MetricLabels([
            "model": identity.name.text, "version": identity.version.description,
        ])
    }
}
