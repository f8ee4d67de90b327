// Only where the rooms are built for testing: debug builds and `make fuzz`.
#if DEBUG || FUZZING

    import EngineInterface
    import Inference
    import ServingCore
    import Tensors

    @testable import SparkEngine

    /// Loads a pipeline of one stage, whose metadata is the first line and whose learnt values are the
    /// Parquet file behind it, and runs it on a few rows.
    public func fuzzSparkPipeline(_ bytes: UnsafeRawBufferPointer) {
        let all = Array(bytes)
        let line = all.firstIndex(of: 0x0A) ?? all.count
        let data = Array(all.dropFirst(line + 1))
        let files = SavedFiles([
            "metadata/part-00000": Array(all[..<line]),
            "data/part-00000.snappy.parquet": data, "treesMetadata/part-00000.parquet": data,
        ])
        do throws(ServingError) {
            let model = try SparkModel(
                files, try SparkOptions(EngineOptions([:])), concurrencyMaximum: 1)
            try run(model)
        } catch {
            promise(!error.message.isEmpty, "an error says what happened")
        }
    }

    private func run(_ model: SparkModel) throws(ServingError) {
        let signature = model.declaration.signatures[0]
        let widest = (signature.inputs + signature.outputs).flatMap { $0.wireShape ?? [] }.max()
        guard widest ?? 0 < 1 << 12 else { return }
        var inputs: [Tensor] = []
        for input in signature.inputs {
            let shape = try Shape((input.wireShape ?? []).map { $0 < 0 ? 3 : $0 })
            if input.elementType == .bytes {
                var builder = BytesTensorBuilder()
                for text in ["", "a b  C", "na\u{EF}ve \u{2603}\t"] { try builder.append(text) }
                inputs.append(try builder.finish(shape: shape))
            } else {
                let values = (0..<shape.elementCount).map {
                    [0.5, -3, .nan, .infinity, 1e300][$0 % 5]
                }
                inputs.append(try Tensor(.float64, shape, values: values))
            }
        }
        let outputs = try model.run(
            signature: signature, inputs: inputs,
            outputIndices: Array(signature.outputs.indices), cancellation: RunCancellation())
        for (output, wanted) in zip(outputs, signature.outputs) {
            promise(output.elementType == wanted.elementType, "outputs are of the declared type")
            promise(wanted.accepts(output.shape), "outputs have the declared shape")
        }
    }

#endif
