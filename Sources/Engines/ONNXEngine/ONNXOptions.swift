import EngineInterface
import ServingCore

/// A model's options for this engine, checked.
struct ONNXOptions: Sendable {
    /// Names in the configuration.
    static let names = reference.map(\.name)
    /// `GraphOptimizationLevel` by name.
    private static let levels: [String: Int32] = [
        "off": 0, "basic": 1, "extended": 2, "all": 99,
    ]
    /// More threads than this for one model are a mistake.
    private static let threadsMaximum = 1024

    /// How much the graph is rewritten at load (`GraphOptimizationLevel`); all of it by default.
    let optimizationLevel: Int32
    /// Threads within an operator; nil: the pool that all models share.
    let intraOpThreads: Int?
    /// Threads for operators side by side; nil: the pool that all models share.
    let interOpThreads: Int?
    /// Whether independent operators of a run go side by side; off by default.
    let isParallel: Bool
    /// Whether the memory of a run is laid out in advance; on by default.
    let usesMemoryPattern: Bool
    /// Whether memory of the largest run is kept until the model is unloaded; off by default.
    ///
    /// Measured (1.31, twenty small layers): the same 10 us a row with and without; a gain of a fifth
    /// for element-wise work on megabytes; after unloading both leave the same. Without it, what
    /// one large request took is free again for all models.
    let usesArena: Bool
    /// Session configuration entries, handed on as they are, in the order of their names.
    let sessionConfig: [(key: String, value: String)]

    /// Reads and checks.
    ///
    /// - Throws: `configuration_invalid` for an unknown option or a wrong value.
    init(_ options: EngineOptions) throws(ServingError) {
        try options.requireKnown(Self.names, engine: "onnxruntime")
        let level = try options.choice(
            "graph_optimization", of: ["off", "basic", "extended", "all"])
        optimizationLevel = Self.levels[level ?? "all"] ?? 99
        intraOpThreads = try options.integer("intra_op_threads", in: 1...Self.threadsMaximum)
        interOpThreads = try options.integer("inter_op_threads", in: 1...Self.threadsMaximum)
        let mode = try options.choice("execution_mode", of: ["sequential", "parallel"])
        isParallel = mode == "parallel"
        usesMemoryPattern = try options.boolean("memory_pattern") ?? true
        usesArena = try options.boolean("cpu_arena") ?? false
        sessionConfig = try options.mapping("session_config").sorted { $0.key < $1.key }
            .map { (key: $0.key, value: $0.value) }
        if interOpThreads != nil, !isParallel {
            throw ServingError(
                .configurationInvalid,
                "option 'inter_op_threads' works only with 'execution_mode: parallel'")
        }
    }

    /// Whether the model has threads of its own instead of the pool that all models share.
    var hasOwnThreads: Bool { intraOpThreads != nil || interOpThreads != nil || isParallel }
}
