public import EngineInterface
public import Inference
public import ServingCore
import Synchronization
public import Tensors

/// A model that runs in worker processes: the server's side.
///
/// A run takes a free lane of the worker with the fewest runs, copies the inputs over and waits for
/// the answer, the worker's death or its own cancellation, whichever comes first.
public final class WorkerModel: LoadedModel, WorkerGroup {
    public let identity: ModelIdentity
    public let declaration: LoadedModelDeclaration
    public let concurrencyMaximum: Int
    private let crew: WorkerCrew

    /// A run waits for another process.
    public var waitsForOthers: Bool { true }

    /// Starts the workers and waits until all have loaded the model.
    ///
    /// - Parameters:
    ///   - launch: How a worker is started.
    ///   - engine: The engine that the worker is to use, by its name.
    ///   - source: The model, and with `worker` how many workers and what they may use.
    ///   - environment: The server's; the observer in it hears of the workers.
    ///   - lanes: Runs at a time that a worker may be given, 1 to 64; fewer when it says so.
    ///   - parameters: What the engine tells its own worker.
    /// - Throws: what the worker says of the model; `worker_failed` with the last words of one that
    ///   ended; `resource_exhausted` or `configuration_invalid` when none can be started.
    public static func load(
        _ launch: WorkerLaunch, engine: String, source: ModelSource,
        environment: EngineEnvironment, lanes: Int = 1,
        parameters: [(name: String, value: String)] = []
    ) throws(ServingError) -> WorkerModel {
        let processors = source.worker.processors ?? environment.budget.processors
        let command = LoadCommand(
            engine: engine, identity: source.identity, directory: source.files.directory,
            entry: source.entry, options: source.options, processors: processors,
            libraryDirectories: environment.libraryDirectories, parameters: parameters)
        let plan = WorkerPlan(
            launch: launch, identity: source.identity, settings: source.worker,
            directory: source.files.directory,
            lanes: min(max(1, lanes), LoadedReply.runsMaximum), processors: processors,
            load: try command.frame(sequence: 1), observer: environment.workers)
        let crew = WorkerCrew(plan, count: max(1, source.worker.count))
        let model = WorkerModel(crew, try crew.start())
        environment.workers?.workersLoaded(model)
        return model
    }

    private init(_ crew: WorkerCrew, _ reply: LoadedReply) {
        self.crew = crew
        identity = crew.plan.identity
        declaration = reply.declaration
        concurrencyMaximum = crew.count * min(crew.plan.lanes, reply.runsAtATime)
    }

    public func run(
        signature: ModelSignature, inputs: [Tensor], outputIndices: [Int],
        cancellation: RunCancellation
    ) throws(ServingError) -> [Tensor] {
        guard
            let position = declaration.signatures.firstIndex(where: { $0.name == signature.name })
        else {
            throw ServingError(
                .internalError, "model \(identity) has no signature '\(signature.name)'")
        }
        guard inputs.count == signature.inputs.count else {
            throw ServingError(
                .internalError, "\(inputs.count) inputs for \(signature.inputs.count)")
        }
        var wanted: [TensorSpecification] = []
        wanted.reserveCapacity(outputIndices.count)
        for index in outputIndices {
            guard signature.outputs.indices.contains(index) else {
                throw ServingError(.internalError, "there is no output \(index)")
            }
            wanted.append(signature.outputs[index])
        }
        return try crew.run(position, inputs, outputIndices, wanted, cancellation)
    }

    public var condition: ServingError? { crew.condition }

    public var workers: [WorkerStatus] { crew.slots.withLock { $0 }.statuses() }

    public var restarts: [WorkerEnd: Int] { crew.slots.withLock { $0.restarts } }

    /// Ends the workers and waits until they are gone.
    public func unload() { crew.stop() }
}
