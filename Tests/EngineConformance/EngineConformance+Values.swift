import EngineInterface
import Inference
import ServingCore
import Tensors

extension EngineConformance {
    func declaration() throws {
        try withModel(identity()) { model, signature in
            try expect(!model.declaration.platform.isEmpty, "the platform has no name")
            try expect(model.concurrencyMaximum >= 1, "no run at a time is allowed")
            try expect(
                signature.name == ModelSignature.defaultName, "the name is \(signature.name)")
            try expect(signature.inputs.count == 1, "\(signature.inputs.count) inputs, not 1")
            try expect(signature.outputs.count == 1, "\(signature.outputs.count) outputs, not 1")
            let shape = signature.inputs[0].wireShape
            try expect(shape == [-1, -1], "the input's shape is \(String(describing: shape))")
            try expect(signature.batching == .leadingDimension, "\(signature.batching)")
        }
        let recognised = engine.recognise(try identity().files)
        try expect(recognised?.entry == (try identity().entry), "its own files are not recognised")
    }

    func everyType() throws {
        var tried = 0
        for type in ElementType.allCases {
            guard let source = models.identity(type) else { continue }
            try withModel(source) { model, signature in
                try expect(signature.inputs[0].elementType == type, "input is not \(type)")
                try expect(signature.outputs[0].elementType == type, "output is not \(type)")
                for tensor in try [patterned(type, [3, 5])] + special(type) {
                    try expectSame(try run(model, [tensor]).first, tensor, "\(type)")
                }
            }
            tried += 1
        }
        try expect(tried > 0, "no type was tried")
    }

    /// Values that a conversion through another type would change.
    private func special(_ type: ElementType) throws -> [Tensor] {
        let shape = try Shape([1, 4])
        switch type {
        case .float32:
            // A quiet NaN with a payload, a signalling one, -0 and the smallest number.
            let bits: [UInt32] = [0x7FC1_2345, 0x7FA0_0001, 0x8000_0000, 1]
            return [try Tensor(type, shape, values: bits)]
        case .float64:
            let bits: [UInt64] = [0x7FF8_0000_1234_5678, 0xFFF0_0000_0000_0001, 1 << 63, 1]
            return [try Tensor(type, shape, values: bits)]
        case .float16:
            return [try Tensor(type, shape, values: [0x7E01, 0xFC01, 0x8000, 1] as [UInt16])]
        case .bfloat16:
            return [try Tensor(type, shape, values: [0x7FC1, 0xFF81, 0x8000, 1] as [UInt16])]
        case .int64:
            return [try Tensor(type, shape, values: [.min, .max, 1 << 53 + 1, -1] as [Int64])]
        case .uint64:
            return [try Tensor(type, shape, values: [.max, 1 << 63, 1 << 53 + 1, 0] as [UInt64])]
        case .bytes:
            var builder = BytesTensorBuilder()
            for text in ["", "\0", "a\0b", "naïve ☃"] { try builder.append(text) }
            return [try builder.finish(shape: shape)]
        default: return []
        }
    }

    func shapes() throws {
        for type in [usualType, .bytes] {
            guard let source = models.identity(type) else { continue }
            try withModel(source) { model, _ in
                for dimensions in [[1, 1], [0, 4], [4, 0], [0, 0], [1000, 300]] {
                    let tensor = try patterned(type, dimensions)
                    let what = "\(type) \(dimensions)"
                    try expectSame(try run(model, [tensor]).first, tensor, what)
                }
            }
        }
        guard let scalar = models.scalar else { return }
        try withModel(scalar) { model, signature in
            try expect(signature.inputs[0].wireShape == [], "a scalar is declared otherwise")
            let input = try Tensor(.float32, .scalar, values: [2.5 as Float])
            let output = try run(model, [input]).first
            try expect(output?.shape == .scalar, "a scalar does not come back as one")
        }
    }

    func unaligned() throws {
        for type in ElementType.allCases where type.byteWidth ?? 0 > 1 {
            guard let source = models.identity(type) else { continue }
            try withModel(source) { model, _ in
                let aligned = try patterned(type, [2, 3])
                let memory = try TensorMemory.allocate(byteCount: aligned.storage.count + 1)
                aligned.storage.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(rebasing: memory.bytes[1...]).copyMemory(from: $0)
                }
                let storage = memory.freeze().slice(1..<aligned.storage.count + 1)
                let tensor = try Tensor(type, aligned.shape, storage)
                try expectSame(try run(model, [tensor]).first, aligned, "\(type) at an odd address")
            }
        }
    }

    func lifetime() throws {
        for type in [usualType, .bytes] {
            guard let source = models.identity(type) else { continue }
            let wanted = try patterned(type, [64, 64])
            let model = try engine.load(source, environment)
            // The input's memory has no other owner than the run.
            let output = try run(model, [patterned(type, [64, 64])]).first
            for seed in UInt8(2)..<20 {
                _ = try run(model, [patterned(type, [64, 64], seed: seed)])
            }
            model.unload()
            try expectSame(output, wanted, "an output after the model is gone")
        }
    }

    func outputOrder() throws {
        try withModel(identity()) { model, signature in
            let input = try patterned(usualType, [2, 2])
            for indices in [[], [0], [0, 0]] {
                let outputs = try model.run(
                    signature: signature, inputs: [input], outputIndices: indices,
                    cancellation: RunCancellation())
                try expect(outputs.count == indices.count, "\(outputs.count) of \(indices.count)")
                for output in outputs { try expectSame(output, input, "outputs \(indices)") }
            }
        }
    }

    func wrongInputs() throws {
        try withModel(identity()) { _, signature in
            let name = signature.inputs[0].name
            let right = try patterned(usualType, [2, 2])
            let wrong: [(String, [NamedTensor])] = [
                ("no input", []),
                ("another name", [NamedTensor(name + "_", right)]),
                ("one too many", [NamedTensor(name, right), NamedTensor("other", right)]),
                ("twice", [NamedTensor(name, right), NamedTensor(name, right)]),
                ("another type", [NamedTensor(name, try patterned(.int64, [2, 2]))]),
                ("another rank", [NamedTensor(name, try patterned(usualType, [2]))]),
            ]
            for (what, inputs) in wrong {
                let error = try error(of: { _ = try signature.bind(inputs) }, what)
                try expect(error.code == .invalidTensor, "\(what): \(error)")
            }
        }
    }
}
