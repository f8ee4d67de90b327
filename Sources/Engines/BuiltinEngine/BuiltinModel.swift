import EngineInterface
import Inference
import ServingCore
import Synchronization
import Tensors

/// A loaded built-in model.
final class BuiltinModel: LoadedModel {
    let declaration: LoadedModelDeclaration
    let concurrencyMaximum: Int
    private let description: BuiltinDescription
    private let runs = Atomic<UInt64>(0)

    /// Makes the model that the description tells of.
    init(_ description: BuiltinDescription, processors: Int) {
        self.description = description
        concurrencyMaximum = description.concurrency ?? processors
        declaration = LoadedModelDeclaration(
            platform: "slipway_builtin", signatures: [description.signature],
            properties: [(key: "kind", value: description.kind.rawValue)])
    }

    func run(
        signature: ModelSignature, inputs: [Tensor], outputIndices: [Int],
        cancellation: RunCancellation
    ) throws(ServingError) -> [Tensor] {
        let number = runs.add(1, ordering: .relaxed).newValue
        if let line = description.line { BuiltinMisdeed.say(line) }
        let fails = description.failsOn.map { $0 == inputs.first?.firstNumber } ?? true
        try pause(
            rows: inputs.first?.shape.leadingDimension ?? 1, hangs: fails, cancellation)
        if fails { try failIfDescribed(run: number) }
        var outputs: [Tensor] = []
        for index in outputIndices {
            guard inputs.indices.contains(index) else {
                throw ServingError(.internalError, "no input for output \(index)")
            }
            let isIdentity = description.kind != .halfPlusTwo
            outputs.append(isIdentity ? inputs[index] : try Self.halfPlusTwo(inputs[index]))
        }
        return outputs
    }

    func unload() {}

    private func failIfDescribed(run number: UInt64) throws(ServingError) {
        switch description.failure {
        case .run:
            throw ServingError(.engineFailed, "the model is described to fail every run")
        case .every(let count) where number % UInt64(count) == 0:
            throw ServingError(
                .engineFailed, "run \(number): the model is described to fail every \(count) runs")
        case .crash: BuiltinMisdeed.crash()
        case .exit(let status): BuiltinMisdeed.exit(status)
        case .exhaust: BuiltinMisdeed.exhaust()
        case .stall: BuiltinMisdeed.stall()
        default: break
        }
    }

    private func pause(rows: Int, hangs: Bool, _ cancellation: RunCancellation) throws(ServingError) {
        let nanoseconds =
            hangs && description.failure == .hang ? nil : description.nanoseconds(rows: rows)
        guard nanoseconds != 0 else {
            if let error = cancellation.error { throw error }
            return
        }
        let wait = InterruptibleWait()
        cancellation.setHandler { wait.stop() }
        defer { cancellation.removeHandler() }
        guard wait.wait(nanoseconds: nanoseconds) else { return }
        throw cancellation.error ?? ServingError(.cancelled, "the run was stopped")
    }

    /// y = x / 2 + 2, TensorFlow Serving's first example.
    private static func halfPlusTwo(_ input: Tensor) throws(ServingError) -> Tensor {
        guard input.elementType == .float32 else {
            let values = input.values(as: Double.self).map { $0 / 2 + 2 }
            return try Tensor(.float64, input.shape, values: values)
        }
        let values = input.values(as: Float.self).map { $0 / 2 + 2 }
        return try Tensor(.float32, input.shape, values: values)
    }
}

extension BuiltinDescription {
    /// The signature that the description makes.
    fileprivate var signature: ModelSignature {
        let dimensions = shape.map { $0 < 0 ? Dimension.dynamic(name: nil) : .fixed($0) }
        func specifications(_ name: String) -> [TensorSpecification] {
            types.enumerated().map { index, type in
                TensorSpecification(
                    name: types.count == 1 ? name : "\(name)\(index)", elementType: type,
                    dimensions: dimensions)
            }
        }
        let (inputs, outputs) = (specifications("x"), specifications("y"))
        return ModelSignature(
            inputs: inputs, outputs: outputs,
            batching: batches == false
                ? .none(reason: "its description says 'batch: off'")
                : ModelSignature.batching(inputs: inputs, outputs: outputs))
    }

    /// How long a run of so many rows takes; 0 for no wait.
    fileprivate func nanoseconds(rows: Int) -> UInt64 {
        let fixed = delay?.nanosecondsClamped ?? 0
        let perRow = delayPerRow?.nanosecondsClamped ?? 0
        let (scaled, overflow) = perRow.multipliedReportingOverflow(by: UInt64(clamping: rows))
        let (sum, overflow2) = fixed.addingReportingOverflow(scaled)
        return overflow || overflow2 ? .max : sum
    }
}
