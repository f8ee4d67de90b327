import EngineInterface
import Glibc
import Inference
import ONNXEngine
import ServingCore
import TensorFlowEngine
import Tensors

/// What the model itself costs: the engine called in a loop, without server, queue or JSON.
enum EngineFloor {
    static func run(path: String, calls: Int, rows: Int = 1) throws {
        let (directory, file) = split(path)
        let source = ModelSource(
            identity: ModelIdentity(try ModelName("bench"), ModelVersion(1)),
            files: try ModelFiles.list(directory), entry: file)
        let environment = EngineEnvironment(budget: CPUBudget(processors: 2))
        let engine: any Engine = file.hasSuffix(".pb") ? TensorFlowEngine() : ONNXEngine()
        let opening = MonotonicTime.now()
        _ = engine.availability(environment)
        let loading = MonotonicTime.now()
        let model = try engine.load(source, environment)
        let loaded = MonotonicTime.now()
        let signature = model.declaration.signatures[0]
        let inputs = try signature.inputs.map { specification in
            let dimensions = (specification.dimensions ?? []).map { dimension -> Int in
                if case .fixed(let extent) = dimension { extent } else { rows }
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
            #"{"calls": \#(calls), "open_ms": \#(loading.nanoseconds(since: opening) / 1_000_000), "#
                + #""load_ms": \#(loaded.nanoseconds(since: loading) / 1_000_000), "#
                + #""resident_mb": \#(residentBytes() >> 20), "cpu_us": \#(cpu / Double(calls) * 1e6), "#
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

/// Bytes of this process that are in memory.
func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 128)
    guard fgets(&text, Int32(text.count), file) != nil else { return 0 }
    let fields = String(decoding: text.map(UInt8.init(bitPattern:)), as: UTF8.self).split(
        separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
}
