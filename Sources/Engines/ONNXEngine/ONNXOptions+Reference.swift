import EngineInterface

extension ONNXOptions {
    /// Every option, with its values, default and meaning.
    static let reference: [EngineOptionDescription] = [
        .init(
            name: "graph_optimization", values: "off, basic, extended or all", defaultText: "all",
            meaning: "How much the graph is rewritten when the model is loaded."),
        .init(
            name: "intra_op_threads", values: "1 to 1024", defaultText: "the pool of all models",
            meaning: "Threads within an operator; a number gives the model a pool of its own."),
        .init(
            name: "inter_op_threads", values: "1 to 1024", defaultText: "the pool of all models",
            meaning: "Threads for operators side by side; needs execution_mode: parallel."),
        .init(
            name: "execution_mode", values: "sequential or parallel", defaultText: "sequential",
            meaning: "Whether independent operators of one run go side by side."),
        .init(
            name: "memory_pattern", values: "true or false", defaultText: "true",
            meaning: "Whether the memory of a run is laid out in advance."),
        .init(
            name: "cpu_arena", values: "true or false", defaultText: "false",
            meaning: "Whether the memory of the largest run is kept until the model is unloaded."),
        .init(
            name: "session_config", values: "names with texts", defaultText: "none",
            meaning: "ONNX Runtime's session configuration entries, handed on as they are."),
    ]
}
