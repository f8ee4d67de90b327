public import EngineInterface
public import Inference
public import ServingCore
public import Tensors

/// A model whose runs start and end when a test says so: it adds one to each FP32 element.
public final class PuppetModel: LoadedModel {
    private struct State {
        var isHeld = false
        var runs: [[Int]] = []
        var isUnloaded = false
        var failure: ServingError?
        var failsAbove: Int?
        var stopped: Set<ObjectIdentifier> = []
    }

    public let declaration: LoadedModelDeclaration
    public let concurrencyMaximum: Int
    private let state = Condition(State())

    /// Makes a model with input `x` and output `y`, both `[-1, 2]` unless told otherwise.
    public init(concurrency: Int = 1, dimensions: [Dimension] = [.dynamic(name: "N"), .fixed(2)]) {
        concurrencyMaximum = concurrency
        let inputs = [
            TensorSpecification(name: "x", elementType: .float32, dimensions: dimensions)
        ]
        let outputs = [
            TensorSpecification(name: "y", elementType: .float32, dimensions: dimensions)
        ]
        declaration = LoadedModelDeclaration(
            platform: "puppet",
            signatures: [
                ModelSignature(
                    inputs: inputs, outputs: outputs,
                    batching: ModelSignature.batching(inputs: inputs, outputs: outputs))
            ])
    }

    /// Metadata as a manager would make it.
    public func metadata(_ name: String = "puppet") throws -> ModelMetadata {
        ModelMetadata(
            identity: ModelIdentity(try ModelName(name), ModelVersion(1)), engine: "puppet",
            platform: declaration.platform, signatures: declaration.signatures)
    }

    /// Makes runs wait from now on.
    public func hold() { state.withLock { $0.isHeld = true } }

    /// Lets runs that wait, and all later ones, go on.
    public func release() {
        state.withLock { $0.isHeld = false }
        state.broadcast()
    }

    /// Makes every run fail, or none.
    public func fail(_ error: ServingError?) { state.withLock { $0.failure = error } }

    /// Makes runs fail that have more rows.
    public func failAbove(rows: Int) { state.withLock { $0.failsAbove = rows } }

    /// Blocks until so many runs have begun.
    public func waitForRuns(_ count: Int) {
        state.wait { $0.runs.count >= count ? () : nil }
    }

    /// The shape of the input of each run so far.
    public var runs: [[Int]] { state.withLock { $0.runs } }

    /// Whether it was unloaded.
    public var isUnloaded: Bool { state.withLock { $0.isUnloaded } }

    public func run(
        signature: ModelSignature, inputs: [Tensor], outputIndices: [Int],
        cancellation: RunCancellation
    ) throws(ServingError) -> [Tensor] {
        let rows = inputs[0].shape.leadingDimension ?? 1
        let failure = state.withLock { state -> ServingError? in
            state.runs.append(inputs[0].shape.dimensions)
            if let limit = state.failsAbove, rows > limit {
                return ServingError(.engineFailed, "more than \(limit) rows")
            }
            return state.failure
        }
        // Noted under the lock that the wait below holds, or the wake-up could come in between.
        let identifier = ObjectIdentifier(cancellation)
        cancellation.setHandler { [state] in
            state.withLock { _ = $0.stopped.insert(identifier) }
            state.broadcast()
        }
        state.broadcast()
        state.wait { state -> Void? in
            !state.isHeld || state.stopped.contains(identifier) ? () : nil
        }
        cancellation.removeHandler()
        state.withLock { _ = $0.stopped.remove(identifier) }
        if let error = cancellation.error { throw error }
        if let failure { throw failure }
        let values: [Float] = inputs[0].values().map { $0 + 1 }
        let output = try Tensor(.float32, inputs[0].shape, values: values)
        return outputIndices.map { _ in output }
    }

    public func unload() { state.withLock { $0.isUnloaded = true } }
}
