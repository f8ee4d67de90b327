import EngineInterface
import Models
import ServingCore

extension TritonModelConfiguration {
    /// Triton's names for what one of our engines runs.
    private static let ourNames = [
        "onnxruntime_onnx": "onnxruntime", "onnxruntime": "onnxruntime", "pytorch": "torch",
        "pytorch_libtorch": "torch", "tensorflow_savedmodel": "tensorflow",
    ]

    /// Triton's names for frameworks, and what people call them.
    private static let frameworks = [
        "tensorflow": "TensorFlow", "tensorflow_savedmodel": "TensorFlow",
        "tensorflow_graphdef": "TensorFlow", "pytorch": "PyTorch", "pytorch_libtorch": "PyTorch",
        "tensorrt": "TensorRT", "tensorrt_plan": "TensorRT", "openvino": "OpenVINO",
        "python": "Python", "fil": "FIL", "dali": "DALI", "vllm": "vLLM",
        "tensorrtllm": "TensorRT-LLM",
    ]

    /// The engine that `backend` or `platform` names; nil when neither is written.
    static func engine(_ root: SettingsMessage, _ engines: [String]) throws(ServingError) -> String?
    {
        var engine: String?
        for field in ["platform", "backend"] {
            guard let name = try root.text(field) else { continue }
            guard name != "ensemble" else {
                throw root.wrong(field, "is 'ensemble': models are not joined into pipelines")
            }
            let own = ourNames[name] ?? name
            guard engines.contains(own) else {
                let usable = ourNames.filter { engines.contains($0.value) }.keys.sorted()
                let framework = frameworks[name].map { ", for models of \($0)" } ?? ""
                throw root.wrong(
                    field,
                    "is '\(name.clipped(to: 80))'\(framework), which no engine here runs (engines: "
                        + engines.joined(separator: ", ")
                        + "); serve an export to ONNX with backend \"onnxruntime\""
                        + NearestName.hint(for: name, among: usable))
            }
            if let engine, engine != own {
                throw root.wrong(field, "is '\(own)', but 'platform' means '\(engine)'")
            }
            engine = own
        }
        return engine
    }

    mutating func readOptimization(_ root: SettingsMessage) throws(ServingError) {
        guard let optimization = try root.message("optimization") else { return }
        try optimization.check(
            ["graph", "priority", "input_pinned_memory", "output_pinned_memory"],
            refused: [
                "cuda": "there are no GPU engines",
                "execution_accelerators": "models run on the CPU by ONNX Runtime's own kernels",
                "gather_kernel_buffer_threshold": "there are no GPU engines",
                "eager_batching": "batches are formed when an instance is free",
            ])
        let priorities = ["PRIORITY_DEFAULT", "PRIORITY_MAX", "PRIORITY_MIN"]
        let priority = try optimization.word("priority", of: priorities)
        guard priority ?? priorities[0] == priorities[0] else {
            throw optimization.wrong("priority", "must be PRIORITY_DEFAULT")
        }
        for name in ["input_pinned_memory", "output_pinned_memory"] {
            try optimization.message(name)?.check(["enable"])
        }
        guard let graph = try optimization.message("graph") else { return }
        try graph.check(["level"])
        // As Triton's ONNX Runtime backend reads it.
        let levels = [-1: "basic", 1: "extended", 2: "off"]
        let level = try graph.integer("level", in: -1...2) ?? 0
        if let word = levels[level] { options["graph_optimization"] = .text(word) }
    }

    /// Options of Triton's ONNX Runtime backend that have a twin among our engine's.
    mutating func readParameters(_ root: SettingsMessage) throws(ServingError) {
        for (key, value) in try root.map("parameters") {
            try value.check(["string_value"])
            let text = try value.text("string_value") ?? ""
            properties.append(ModelProperty(key, text))
            guard engine == nil || engine == "onnxruntime" else { continue }
            switch key {
            case "intra_op_thread_count", "inter_op_thread_count":
                let count = try Self.number(text, 0...1024, value)
                let name = key == "intra_op_thread_count" ? "intra_op_threads" : "inter_op_threads"
                if count > 0 { options[name] = .integer(count) }
            case "execution_mode":
                let mode = try Self.number(text, 0...1, value)
                options[key] = .text(mode == 0 ? "sequential" : "parallel")
            case "enable_mem_arena":
                options["cpu_arena"] = .boolean(try Self.number(text, 0...1, value) == 1)
            case "enable_mem_pattern":
                options["memory_pattern"] = .boolean(try Self.number(text, 0...1, value) == 1)
            default: break
            }
        }
    }

    private static func number(
        _ text: String, _ range: ClosedRange<Int>, _ value: SettingsMessage
    ) throws(ServingError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw value.wrong(
                "string_value",
                "is '\(text.clipped(to: 80))'; it must be a whole number from \(range.lowerBound) "
                    + "to \(range.upperBound)")
        }
        return number
    }
}
