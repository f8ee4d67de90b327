import Inference
import Logging
import ServingCore

/// The threads and shared objects of a running manager.
struct ManagerParts: Sendable {
    let dependencies: ModelManagerDependencies
    let settings: ModelManagerSettings
    let queue: EventQueue<ManagerEvent>
    let published: PublishedTable
    let loader: ModelLoader
    let loaders: WorkerThreads
    let scanners: WorkerThreads
    let watcher: any DirectoryWatching

    /// Starts the threads that the manager's own one gives work to.
    ///
    /// - Throws: `resource_exhausted` when the system refuses a thread.
    init(
        _ dependencies: ModelManagerDependencies, _ settings: ModelManagerSettings,
        _ queue: EventQueue<ManagerEvent>, _ published: PublishedTable, _ ledger: MemoryLedger
    ) throws(ServingError) {
        self.dependencies = dependencies
        self.settings = settings
        self.queue = queue
        self.published = published
        loader = ModelLoader(
            engines: dependencies.engines, environment: dependencies.environment,
            factory: dependencies.factory, warmUpReader: dependencies.warmUpReader,
            fileSystem: dependencies.fileSystem, observer: dependencies.observer,
            clock: dependencies.clock, ledger: ledger,
            warmUpTimeLimit: settings.warmUpTimeLimit, logger: dependencies.logger)
        loaders = try WorkerThreads(name: "model-load", count: settings.loaderThreads)
        // Two, so that one file system that hangs does not hide all other models' changes.
        scanners = try WorkerThreads(name: "model-scan", count: 2)
        watcher =
            settings.watchesDirectories
            ? Self.watcher(queue, dependencies.logger) : PollingOnly()
    }

    /// Lets all threads end.
    func close() {
        loaders.close()
        scanners.close()
        watcher.close()
    }

    private static func watcher(_ queue: EventQueue<ManagerEvent>, _ logger: Logger)
        -> any DirectoryWatching
    {
        do throws(ServingError) {
            return try InotifyWatcher { queue.push(.filesChanged(baseDirectory: $0)) }
        } catch {
            logger.warning(
                "model directories are polled: they cannot be watched",
                metadata: ["reason": "\(error.message)"])
            return PollingOnly()
        }
    }
}
