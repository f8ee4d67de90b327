import EngineInterface
import Inference
import ServingCore
import Tensors

extension EngineConformance {
    /// Fails with the message unless the condition holds.
    func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
        if !condition { throw ConformanceFailure(message()) }
    }

    /// Loads a model, lends it to `body` and unloads it.
    func withModel<Result>(
        _ source: ModelSource, _ body: (any LoadedModel, ModelSignature) throws -> Result
    ) throws -> Result {
        let model = try engine.load(source, environment)
        defer { model.unload() }
        guard let signature = model.declaration.signatures.first else {
            throw ConformanceFailure("\(source.identity) declares no signature")
        }
        return try body(model, signature)
    }

    /// The type with which an engine is tried where any will do: FP32, or FP64 for engines that know
    /// no other numbers.
    var usualType: ElementType { models.identity(.float32) == nil ? .float64 : .float32 }

    /// The identity model of a type that the engine must have.
    func identity() throws -> ModelSource {
        guard let source = models.identity(usualType) else {
            throw ConformanceFailure("there is no identity model of type \(usualType)")
        }
        return source
    }

    /// Runs with all outputs and nothing to stop it.
    func run(_ model: any LoadedModel, _ inputs: [Tensor]) throws -> [Tensor] {
        let signature = model.declaration.signatures[0]
        return try model.run(
            signature: signature, inputs: inputs, outputIndices: Array(signature.outputs.indices),
            cancellation: RunCancellation())
    }

    /// Checks that two tensors have one type, one shape and the same bytes.
    func expectSame(_ got: Tensor?, _ wanted: Tensor, _ what: String) throws {
        guard let got else { throw ConformanceFailure("\(what): no output") }
        try expect(
            got.elementType == wanted.elementType && got.shape == wanted.shape,
            "\(what): \(got.elementType) \(got.shape), not \(wanted.elementType) \(wanted.shape)")
        let isSame = got.storage.withUnsafeBytes { left in
            wanted.storage.withUnsafeBytes { left.elementsEqual($0) }
        }
        try expect(isSame, "\(what): the bytes differ")
    }

    /// Calls `body` and gives back the error that it must throw.
    func error(of body: () throws -> Void, _ what: String) throws -> ServingError {
        do {
            try body()
        } catch let error as ServingError {
            return error
        }
        throw ConformanceFailure("\(what): no error")
    }

    /// A tensor of any type whose bytes are a pattern, so that every bit counts.
    func patterned(_ type: ElementType, _ dimensions: [Int], seed: UInt8 = 1) throws -> Tensor {
        let shape = try Shape(dimensions)
        guard type != .bytes else {
            var builder = BytesTensorBuilder()
            for index in 0..<shape.elementCount {
                // Lengths from nothing up, zero bytes, and bytes that are no UTF-8.
                let element = (0..<index % 7).map { UInt8(truncatingIfNeeded: $0 * 0x55) &+ seed }
                try element.withUnsafeBytes { try builder.append($0) }
            }
            return try builder.finish(shape: shape)
        }
        let memory = try TensorMemory.allocate(byteCount: shape.byteCount(of: type))
        var state = seed
        for index in memory.bytes.indices {
            state = state &* 167 &+ 13
            memory.bytes[index] = type == .bool ? state >> 7 : state
        }
        return try Tensor(type, shape, memory.freeze())
    }
}
