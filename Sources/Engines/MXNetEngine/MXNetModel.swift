import CMXNet
import EngineInterface
import Inference
import ServingCore
import Synchronization
import Tensors

/// A loaded MXNet model: a set of predictors in every lane that it may run in.
///
/// `@unchecked Sendable`: a set is used only by whoever has taken its lane; the rest is constant.
final class MXNetModel: LoadedModel, @unchecked Sendable {
    /// A lane with the model's predictors in it.
    struct Place {
        let lane: PredictorLane
        let predictors: PredictorSet
    }

    let declaration: LoadedModelDeclaration
    private let blueprint: Blueprint
    private let places: [Place]
    private let inputNames: CStrings
    private let turn = Atomic<Int>(0)

    init(
        _ blueprint: Blueprint, _ places: [Place], _ signature: ModelSignature,
        properties: [(key: String, value: String)]
    ) {
        self.blueprint = blueprint
        self.places = places
        inputNames = blueprint.names
        declaration = LoadedModelDeclaration(
            platform: "mxnet_symbol", signatures: [signature], properties: properties)
    }

    var concurrencyMaximum: Int { places.count }

    func run(
        signature: ModelSignature, inputs: [Tensor], outputIndices: [Int],
        cancellation: RunCancellation
    ) throws(ServingError) -> [Tensor] {
        try check(inputs, signature)
        if let error = cancellation.error { throw error }
        if outputIndices.isEmpty { return [] }
        let request = Request(
            shapes: inputs.map(\.shape.dimensions), inputs: inputs, outputs: outputIndices,
            signature: signature, cancellation: cancellation)
        for place in places {
            let result = place.lane.takeIfFree { perform(request, place) }
            if let result { return try result.get() }
        }
        // Other models of this process may hold the lanes.
        let next = turn.add(1, ordering: .relaxed).newValue & Int(Int32.max)
        let place = places[next % places.count]
        return try place.lane.take { perform(request, place) }.get()
    }

    func unload() {
        for place in places { place.lane.take { place.predictors.removeAll() } }
    }

    private struct Request {
        let shapes: [[Int]]
        let inputs: [Tensor]
        let outputs: [Int]
        let signature: ModelSignature
        let cancellation: RunCancellation
    }

    private func perform(_ request: Request, _ place: Place) -> Result<[Tensor], ServingError> {
        do throws(ServingError) {
            if request.inputs.contains(where: { $0.shape.elementCount == 0 }) {
                return .success(try withoutElements(request, place))
            }
            let bound = try place.predictors.predictor(for: request.shapes)
            _ = blueprint.library.functions.setThreads(blueprint.intraOpThreads)
            return .success(
                try blueprint.library.withShapes(numpy: blueprint.usesNumpyShapes) {
                    () throws(ServingError) in
                    try set(request.inputs, bound.handle)
                    try forward(bound, request.cancellation)
                    return try outputs(request, bound)
                })
        } catch {
            return .failure(error)
        }
    }

    private func check(_ inputs: [Tensor], _ signature: ModelSignature) throws(ServingError) {
        guard inputs.count == signature.inputs.count else {
            throw ServingError(
                .internalError, "\(inputs.count) inputs for \(signature.inputs.count)")
        }
        for (tensor, declared) in zip(inputs, signature.inputs) {
            guard tensor.elementType == declared.elementType, declared.accepts(tensor.shape),
                tensor.shape.elementCount <= Int(Int32.max),
                tensor.shape.dimensions.allSatisfy({ $0 <= Int(Int32.max) })
            else {
                throw ServingError(
                    .invalidTensor,
                    "input '\(declared.name)' is \(tensor.elementType) \(tensor.shape); the model "
                        + "takes \(declared.elementType) \(declared.wireShape ?? [])")
            }
        }
    }

    private func set(_ inputs: [Tensor], _ handle: MXPredictorHandle) throws(ServingError) {
        for (index, tensor) in inputs.enumerated() {
            guard let name = inputNames[index] else {
                throw ServingError(.resourceExhausted, "no memory for the names of inputs")
            }
            let storage = try tensor.storage.aligned(to: tensor.elementType.byteWidth ?? 1)
            let count = UInt32(clamping: tensor.shape.elementCount)
            let status = storage.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress else { return Int32(-1) }
                return blueprint.library.functions.setInput(
                    handle, name, start.assumingMemoryBound(to: Float.self), count)
            }
            guard status == 0 else {
                throw ServingError(.invalidTensor, blueprint.library.lastError())
            }
        }
    }

    /// Nanoseconds; runs that take less go through in one call, which cannot be stopped.
    ///
    /// Node by node costs more: a step looks at every node (14 us in a network of 1,201), so that
    /// such a network takes 17 ms in steps and 0.4 ms in one call (2 x 2 matrices).
    private static let shortRun: UInt64 = 50_000_000

    private func forward(_ bound: PredictorSet.Bound, _ cancellation: RunCancellation)
        throws(ServingError)
    {
        let start = MonotonicTime.now()
        if let last = bound.pace.nanoseconds, last < Self.shortRun {
            guard blueprint.library.functions.forward(bound.handle) == 0 else {
                throw ServingError(.engineFailed, blueprint.library.lastError())
            }
        } else {
            try stepwise(bound.handle, cancellation)
        }
        bound.pace.nanoseconds = MonotonicTime.now().nanoseconds(since: start)
    }

    /// Runs node by node, so that a run can be stopped between two of them.
    private func stepwise(_ handle: MXPredictorHandle, _ cancellation: RunCancellation)
        throws(ServingError)
    {
        var step: Int32 = 0
        var left: Int32 = 1
        while left > 0 {
            if let error = cancellation.error { throw error }
            guard blueprint.library.functions.step(handle, step, &left) == 0 else {
                throw ServingError(.engineFailed, blueprint.library.lastError())
            }
            step += 1
        }
    }

    private func outputs(_ request: Request, _ bound: PredictorSet.Bound) throws(ServingError)
        -> [Tensor]
    {
        var result: [Tensor] = []
        result.reserveCapacity(request.outputs.count)
        for index in request.outputs {
            let type = request.signature.outputs[index].elementType
            let shape = try Shape(bound.outputShapes[index])
            let memory = try TensorMemory.allocate(byteCount: shape.byteCount(of: type))
            if let start = memory.bytes.baseAddress, shape.elementCount > 0 {
                let status = blueprint.library.functions.output(
                    bound.handle, UInt32(index), start.assumingMemoryBound(to: Float.self),
                    UInt32(clamping: shape.elementCount))
                guard status == 0 else {
                    throw ServingError(.engineFailed, blueprint.library.lastError())
                }
            }
            result.append(Tensor(trusted: type, shape, memory.freeze()))
        }
        return result
    }

    /// No rows of a batch: what one row would give, without it. Otherwise MXNet is asked, which
    /// takes 0 for an unknown extent in the shapes that Gluon wrote, and then refuses.
    private func shapesWithoutElements(_ request: Request, _ place: Place) throws(ServingError)
        -> [[Int]]
    {
        let hasNoRows = request.shapes.allSatisfy { $0.first == 0 && !$0.dropFirst().contains(0) }
        let isByRow = request.signature.outputs.allSatisfy {
            $0.dimensions?.first == .dynamic(name: "batch")
        }
        guard hasNoRows, isByRow else {
            return try place.predictors.outputShapes(withoutElements: request.shapes)
        }
        let rows = request.shapes.map { [1] + $0.dropFirst() }
        return try place.predictors.predictor(for: rows).outputShapes.map { [0] + $0.dropFirst() }
    }

    /// Answers inputs without elements: MXNet 1.9 says what shape comes out, and is not run.
    private func withoutElements(_ request: Request, _ place: Place) throws(ServingError)
        -> [Tensor]
    {
        let shapes = try shapesWithoutElements(request, place)
        var result: [Tensor] = []
        for index in request.outputs {
            let shape = try Shape(shapes[index])
            guard shape.elementCount == 0 else {
                throw ServingError(
                    .invalidTensor, "the network cannot compute an output from no elements")
            }
            result.append(
                Tensor(trusted: request.signature.outputs[index].elementType, shape, .empty))
        }
        return result
    }
}

extension TensorStorage {
    /// The same bytes at an address that is a multiple of `alignment`; copied only if they are not.
    fileprivate func aligned(to alignment: Int) throws(ServingError) -> TensorStorage {
        if isAligned(to: alignment) { return self }
        let copy = try TensorMemory.allocate(byteCount: count)
        withUnsafeBytes { copy.bytes.copyMemory(from: $0) }
        return copy.freeze()
    }
}
