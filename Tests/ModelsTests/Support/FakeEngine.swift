import EngineInterface
import Inference
import ServingCore
import Synchronization
import Tensors

/// An engine whose loads and models behave as a test says; files with content `broken` do not load.
final class FakeEngine: Engine {
    /// How the loads of one version go.
    struct Behaviour: Sendable {
        var failures = 0
        var error = ServingError(.modelInvalid, "the file is cut short")
        var memoryBytes = 100 << 20
        var isHeld = false
        var model = FakeModel.Behaviour()
    }

    private struct State {
        var behaviours: [ModelIdentity: Behaviour] = [:]
        var loads: [ModelIdentity] = []
        var loaded = 0
    }

    let name: String
    let looksFor = "fake.txt"
    let optionReference: [EngineOptionDescription] = []

    func check(_ options: EngineOptions) throws(ServingError) {}

    private let suffix: String
    private let state = Condition(State())

    init(name: String = "fake", suffix: String = ".fake") {
        self.name = name
        self.suffix = suffix
    }

    /// Says how the loads of a version go from now on.
    func behave(_ identity: ModelIdentity, _ change: (inout Behaviour) -> Void) {
        state.withLock { change(&$0.behaviours[identity, default: Behaviour()]) }
        state.broadcast()
    }

    /// The loads begun so far.
    var loads: [ModelIdentity] { state.withLock { $0.loads } }
    /// Models in memory.
    var loaded: Int { state.withLock { $0.loaded } }

    func recognise(_ files: ModelFiles) -> Recognition? {
        files.files(endingWith: suffix).first.map { Recognition(framework: name, entry: $0.name) }
    }

    func estimate(_ source: ModelSource) throws(ServingError) -> ResourceEstimate {
        ResourceEstimate(
            memoryBytes: state.withLock { $0.behaviours[source.identity]?.memoryBytes ?? 100 << 20 }
        )
    }

    func load(_ source: ModelSource, _ environment: EngineEnvironment) throws(ServingError)
        -> any LoadedModel
    {
        let identity = source.identity
        state.withLock { $0.loads.append(identity) }
        let behaviour = state.wait { state -> Behaviour? in
            let behaviour = state.behaviours[identity] ?? Behaviour()
            return behaviour.isHeld ? nil : behaviour
        }
        let fails = state.withLock { state in
            guard let left = state.behaviours[identity]?.failures, left > 0 else { return false }
            state.behaviours[identity]?.failures = left - 1
            return true
        }
        if fails { throw behaviour.error }
        state.withLock { $0.loaded += 1 }
        return FakeModel(identity.version, behaviour.model) { [state] in
            state.withLock { $0.loaded -= 1 }
        }
    }

    func availability(_ environment: EngineEnvironment) -> EngineAvailability {
        .available(version: "1", path: nil)
    }
}

/// A model that answers with its version's number for each row of `x`, plus what a test wants wrong.
final class FakeModel: LoadedModel {
    struct Behaviour: Sendable {
        /// Fails every run with this.
        var failure: ServingError?
        /// Refuses inputs whose first element is not this.
        var accepts: Float?
        /// Fails for more rows at once.
        var rowsMaximum: Int?
        /// Adds the sum over all rows to each: rows are then not independent.
        var mixesRows = false
        var dimensions: [Dimension] = [.dynamic(name: "N"), .fixed(2)]
    }

    let declaration: LoadedModelDeclaration
    let concurrencyMaximum = 4
    private let version: ModelVersion
    private let behaviour: Mutex<Behaviour>
    private let onUnload: @Sendable () -> Void
    private let isUnloaded = Atomic(false)

    init(_ version: ModelVersion, _ behaviour: Behaviour, onUnload: @escaping @Sendable () -> Void)
    {
        self.version = version
        self.behaviour = Mutex(behaviour)
        self.onUnload = onUnload
        let inputs = [
            TensorSpecification(
                name: "x", elementType: .float32, dimensions: behaviour.dimensions)
        ]
        let outputs = [
            TensorSpecification(
                name: "version", elementType: .float32, dimensions: [.dynamic(name: "N")])
        ]
        declaration = LoadedModelDeclaration(
            platform: "fake_fake",
            signatures: [
                ModelSignature(
                    inputs: inputs, outputs: outputs,
                    batching: ModelSignature.batching(inputs: inputs, outputs: outputs))
            ])
    }

    func run(
        signature: ModelSignature, inputs: [Tensor], outputIndices: [Int],
        cancellation: RunCancellation
    ) throws(ServingError) -> [Tensor] {
        guard !isUnloaded.load(ordering: .sequentiallyConsistent) else {
            throw ServingError(.internalError, "run after unload")
        }
        let behaviour = behaviour.withLock { $0 }
        if let failure = behaviour.failure { throw failure }
        let values: [Float] = inputs[0].values()
        if let accepted = behaviour.accepts, values.first != accepted {
            throw ServingError(.engineFailed, "x must begin with \(accepted)")
        }
        let rows = inputs[0].shape.leadingDimension ?? 1
        if let limit = behaviour.rowsMaximum, rows > limit {
            throw ServingError(.engineFailed, "cannot reshape to [\(limit), 2]")
        }
        let extra = behaviour.mixesRows ? values.reduce(0, +) : 0
        let answers = [Float](repeating: Float(version.number) + extra, count: rows)
        let output = try Tensor(.float32, .vector(rows), values: answers)
        return outputIndices.map { _ in output }
    }

    func unload() {
        if !isUnloaded.exchange(true, ordering: .sequentiallyConsistent) { onUnload() }
    }
}
