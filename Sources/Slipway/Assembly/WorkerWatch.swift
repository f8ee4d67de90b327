import EngineInterface
import Logging
import ServingCore
import Synchronization
import Telemetry

/// Writes what workers say and what becomes of them to the log, and knows the workers for metrics.
final class WorkerWatch: WorkerObserver {
    private struct WeakGroup {
        weak var group: (any WorkerGroup)?
    }

    private let logger = Logger(label: "worker")
    private let groups = Mutex<[WeakGroup]>([])

    func workerPrinted(_ line: String, by worker: WorkerName) {
        logger.info("\(line)", metadata: Self.metadata(worker))
    }

    func workerChanged(_ change: WorkerChange, of worker: WorkerName) {
        var metadata = Self.metadata(worker)
        switch change {
        case .started: logger.debug("worker started", metadata: metadata)
        case .progress(let line): logger.info("\(line)", metadata: metadata)
        case .ready(let nanoseconds):
            metadata["seconds"] = "\(Double(nanoseconds / 1_000_000) / 1000)"
            logger.info("worker is ready", metadata: metadata)
        case .failed(let end, let reason, let restart):
            metadata["cause"] = "\(end.rawValue)"
            metadata["reason"] = "\(reason)"
            metadata["restart"] = "\(restart)"
            logger.warning("worker has failed", metadata: metadata)
        case .unloaded: logger.debug("worker has ended", metadata: metadata)
        }
    }

    func workersLoaded(_ group: any WorkerGroup) {
        groups.withLock { groups in
            groups.removeAll { $0.group == nil }
            groups.append(WeakGroup(group: group))
        }
    }

    /// Every version that runs in workers, for a scrape.
    func versions() -> [WorkerMetrics.Version] {
        let live = groups.withLock { $0.compactMap(\.group) }
        return live.compactMap { group in
            let workers = group.workers
            // Unloaded, and only not yet forgotten.
            guard !workers.allSatisfy({ $0.state == .stopped }) else { return nil }
            return WorkerMetrics.Version(
                identity: group.identity,
                workers: workers.map { worker in
                    WorkerMetrics.Worker(
                        position: worker.position, isReady: worker.state == .ready,
                        residentBytes: worker.residentBytes, runs: worker.runs)
                },
                restarts: WorkerEnd.allCases.map { end in
                    (reason: end.rawValue, count: group.restarts[end] ?? 0)
                })
        }
    }

    private static func metadata(_ worker: WorkerName) -> Logger.Metadata {
        [
            "model": "\(worker.identity.name)", "version": "\(worker.identity.version)",
            "worker": "\(worker.position)", "process": "\(worker.process)",
        ]
    }
}
