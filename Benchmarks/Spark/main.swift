import EngineInterface
import Glibc
import Inference
import ServingCore
import SparkEngine
import Tensors

// What a row costs in the engine itself: processor time of one call with 1 row and with 1,000 rows, all
// outputs asked for. `Benchmarks/Spark/run` builds it against the release of the room.

/// Microseconds of processor time that this process has used.
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
}

/// Made-up rows of the right kind; where there are several columns, texts are those of the diabetes set.
func inputs(_ signature: ModelSignature, rows: Int) throws -> [Tensor] {
    let line = "the data set holds measurements of three kinds of iris"
    return try signature.inputs.map { input in
        let shape = try Shape((input.wireShape ?? []).map { $0 < 0 ? rows : $0 })
        if input.elementType == .bytes {
            var builder = BytesTensorBuilder()
            for row in 0..<rows {
                try builder.append(signature.inputs.count > 1 ? ["s1", "high"][row % 2] : line)
            }
            return try builder.finish(shape: shape)
        }
        let values = (0..<shape.elementCount).map { Double(($0 * 7) % 11) * 0.7 }
        return try Tensor(.float64, shape, values: values)
    }
}

/// Microseconds of a call, over many.
func measure(_ model: any LoadedModel, rows: Int) throws -> Double {
    let signature = model.declaration.signatures[0]
    let inputs = try inputs(signature, rows: rows)
    let wanted = Array(signature.outputs.indices)
    let cancellation = RunCancellation()
    func run(_ count: Int) throws {
        for _ in 0..<count {
            _ = try model.run(
                signature: signature, inputs: inputs, outputIndices: wanted,
                cancellation: cancellation)
        }
    }
    let count = rows == 1 ? 20_000 : 50
    try run(count / 10)
    let start = processorTime()
    try run(count)
    return (processorTime() - start) / Double(count)
}

let names = [
    "iris_logistic", "cancer_boosted", "wine_forest", "diabetes_linear", "digits_kmeans",
    "text_hashing",
]
for name in names {
    let files = try ModelFiles.list(CommandLine.arguments[1] + "/" + name)
    let source = ModelSource(
        identity: ModelIdentity(try ModelName("m"), ModelVersion(1)), files: files, entry: ".")
    let start = processorTime()
    let model = try SparkEngine().load(
        source, EngineEnvironment(budget: CPUBudget(processors: 1)))
    let load = processorTime() - start
    let (one, many) = (try measure(model, rows: 1), try measure(model, rows: 1000))
    print("\(name): load \(Int(load)) us, 1 row \(one) us, 1000 rows \(many) us")
}
