import BuiltinEngine
import EngineInterface
import Glibc
import Inference
import ServingCore
import Tensors
import WorkerProcess

/// What a trip to a worker process and back costs: an identity model, without server, queue or JSON.
enum WorkerFloor {
    /// Payloads that are sent and come back, in bytes.
    private static let sizes = [64, 3 * 1024, 100 * 1024, 602 * 1024]

    /// This program as the worker that `run` starts.
    static func work() -> Int32 { WorkerMain.run([BuiltinEngine()], version: "bench-floor") }

    static func run(rounds: Int) throws {
        var template = Array("/tmp/slipway-bench-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw ServingError(.fileUnreadable, "no temporary directory")
        }
        let directory = String(cString: made)
        let file = directory + "/" + BuiltinEngine.entry
        guard let stream = fopen(file, "w") else {
            throw ServingError(.fileUnreadable, "cannot write \(file)")
        }
        fputs("kind: identity\ntype: UINT8\nshape: [-1]\n", stream)
        fclose(stream)
        defer {
            unlink(file)
            rmdir(directory)
        }
        let source = ModelSource(
            identity: ModelIdentity(try ModelName("bench"), ModelVersion(1)),
            files: try ModelFiles.list(directory), entry: BuiltinEngine.entry)
        let model = try IsolatedEngine(BuiltinEngine(), executable: "/proc/self/exe").load(
            source, EngineEnvironment(budget: CPUBudget(processors: 2)))
        defer { model.unload() }
        for size in sizes { try measure(model, size, rounds) }
    }

    private static func measure(_ model: any LoadedModel, _ size: Int, _ rounds: Int) throws {
        let signature = model.declaration.signatures[0]
        let tensor = try Tensor(
            .uint8, .vector(size), values: [UInt8](repeating: 7, count: size))
        var times: [UInt64] = []
        let start = processCPU()
        for round in 0..<rounds + 1000 {
            let begin = MonotonicTime.now()
            let outputs = try model.run(
                signature: signature, inputs: [tensor], outputIndices: [0],
                cancellation: RunCancellation())
            let time = MonotonicTime.now().nanoseconds(since: begin)
            precondition(outputs[0].storage.count == size, "the bytes come back")
            if round >= 1000 { times.append(time) }
        }
        let cpu = (processCPU() - start) / Double(rounds + 1000) * 1e6
        times.sort()
        let half = Double(times[times.count / 2]) / 1000
        let most = Double(times[times.count * 99 / 100]) / 1000
        say(
            #"{"bytes": \#(size), "p50_us": \#(half), "p99_us": \#(most), "#
                + #""server_cpu_us": \#(cpu)}"#)
    }
}
