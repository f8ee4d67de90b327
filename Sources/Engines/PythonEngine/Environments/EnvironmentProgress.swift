import EngineInterface
import ServingCore

/// How people hear how far the making of an environment is.
enum EnvironmentProgress {
    /// Passes lines on as if the version's first worker, which has no process yet, had said them.
    static func teller(
        _ source: ModelSource, _ environment: EngineEnvironment
    ) -> @Sendable (String) -> Void {
        let worker = WorkerName(identity: source.identity, position: 0, process: 0)
        let observer = environment.workers
        return { line in observer?.workerChanged(.progress(line.clipped(to: 500)), of: worker) }
    }
}
