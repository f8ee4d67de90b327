import EngineInterface
import Inference
import ServingCore
import Tensors
import TreeEngine

/// Reads any bytes as an XGBoost model, of whichever of its three forms they begin as, and runs it.
public func fuzzXGBoostModel(_ bytes: UnsafeRawBufferPointer) {
    fuzzTreeModel(bytes)
}

/// Reads any bytes as a LightGBM model, and runs it.
public func fuzzLightGBMModel(_ bytes: UnsafeRawBufferPointer) {
    let header = Array("tree\nversion=".utf8)
    if bytes.starts(with: header) { return fuzzTreeModel(bytes) }
    (header + bytes).withUnsafeBytes { fuzzTreeModel($0) }
}

private func fuzzTreeModel(_ bytes: UnsafeRawBufferPointer) {
    let every = EngineOptions(["outputs": .text("prediction,margin,leaf,contributions")])
    for options in [EngineOptions([:]), every] {
        do throws(ServingError) {
            let model = try TreeEngine.model(bytes, options: options)
            try run(model)
            model.unload()
        } catch {
            promise(!error.message.isEmpty, "an error says what happened")
        }
    }
}

private func run(_ model: any LoadedModel) throws(ServingError) {
    let signature = model.declaration.signatures[0]
    let type = signature.inputs[0].elementType
    guard let features = signature.inputs[0].wireShape?[1], features <= 1 << 16 else { return }
    let strange: [Double] = [0, -0.5, 1e-36, .nan, 1e300, -3, 7, .infinity]
    let shape = try Shape([5, features])
    let values = (0..<shape.elementCount).map { strange[($0 * 5 + $0 / features) % strange.count] }
    let input =
        type == .float32
        ? try Tensor(type, shape, values: values.map { Float($0) })
        : try Tensor(type, shape, values: values)
    let wanted = Array(signature.outputs.indices)
    let results = try model.run(
        signature: signature, inputs: [input], outputIndices: wanted,
        cancellation: RunCancellation())
    promise(results.count == wanted.count, "every output is there")
    for (result, declared) in zip(results, signature.outputs) {
        promise(declared.accepts(result.shape), "an output has the declared shape")
    }
}
