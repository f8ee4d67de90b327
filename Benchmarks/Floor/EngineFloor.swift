import EngineInterface
import Glibc
import Inference
import ONNXEngine
import ServingCore
import Tensors

/// What the model itself costs: the engine called in a loop, without server, queue or JSON.
enum EngineFloor {
    static func run(path: String, calls: Int) throws {
        let (directory, file) = split(path)
        let source = ModelSource(
            identity: ModelIdentity(try ModelName("bench"), ModelVersion(1)),
            files: try ModelFiles.list(directory), entry: file)
        let model = try ONNXEngine().load(
            source, EngineEnvironment(budget: CPUBudget(processors: 2)))
        let signature = model.declaration.signatures[0]
        let inputs = try signature.inputs.map { specification in
            let dimensions = (specification.dimensions ?? []).map { dimension -> Int in
                if case .fixed(let extent) = dimension { extent } else { 1 }
            }
            return try Tensor.zeros(specification.elementType, Shape(dimensions))
        }
        let outputs = Array(signature.outputs.indices)
        for _ in 0..<1000 { try call(model, signature, inputs, outputs) }
        let start = processCPU()
        let begun = MonotonicTime.now()
        for _ in 0..<calls { try call(model, signature, inputs, outputs) }
        let wall = MonotonicTime.now().nanoseconds(since: begun)
        let cpu = processCPU() - start
        say(
            #"{"calls": \#(calls), "cpu_us": \#(cpu / Double(calls) * 1e6), "#
                + #""wall_us": \#(Double(wall) / Double(calls) / 1e3)}"#)
    }

    private static func call(
        _ model: any LoadedModel, _ signature: ModelSignature, _ inputs: [Tensor], _ outputs: [Int]
    ) throws {
        _ = try model.run(
            signature: signature, inputs: inputs, outputIndices: outputs,
            cancellation: RunCancellation())
    }

    private static func split(_ path: String) -> (String, String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }
}

/// User and system time of this process in seconds.
func processCPU() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
