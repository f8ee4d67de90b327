/// The layering of docs/architecture.md as data: rows from top to bottom, rooms from left to right.
///
/// A room may import rooms of its own row to its left and of the rows above, except where the rules
/// below say otherwise.
enum Rooms {
    static let rows: [(name: String, rooms: [String])] = [
        ("Core", ["ServingCore", "Tensors", "Inference"]),
        (
            "Engines",
            [
                "EngineInterface", "EngineDocuments", "NativeLibrary", "CWorkerProcess",
                "WorkerProcess", "CONNXRuntime", "ONNXEngine", "CTensorFlow", "TensorFlowEngine",
                "CTorchShim", "TorchEngine", "CMXNet", "MXNetEngine", "TreeEngine", "SparkEngine",
                "CPythonWorker", "PythonEngine", "BuiltinEngine",
            ]
        ),
        (
            "DataPlane",
            [
                "CZlib", "Wire", "Listener", "Protocols", "Gateway", "Models", "Scheduling",
                "Telemetry",
            ]
        ),
        (
            "ControlPlane",
            [
                "Registry", "Artifacts", "Trust", "Evaluation", "Rollout", "Autoscaling", "Deploy",
                "Console",
            ]
        ),
        ("SlipwayClient", ["SlipwayClient"]),
        ("Conformance", ["Conformance"]),
        ("Slipway", ["Slipway"]),
        ("slipway", ["slipway"]),
    ]

    /// Engines of a framework: only assembly knows them.
    static let concreteEngines: Set = [
        "ONNXEngine", "TensorFlowEngine", "TorchEngine", "MXNetEngine", "TreeEngine",
        "SparkEngine", "PythonEngine", "BuiltinEngine",
    ]

    /// Rows that stay free of Foundation.
    static let rowsWithoutFoundation: Set = [
        "Core", "Engines", "DataPlane", "SlipwayClient", "Conformance",
    ]

    static func position(of room: String) -> (row: Int, column: Int)? {
        for (row, entry) in rows.enumerated() {
            if let column = entry.rooms.firstIndex(of: room) { return (row, column) }
        }
        return nil
    }

    /// Why `room` must not import `module`; nil when it may.
    static func objection(to module: String, in room: String) -> String? {
        guard let here = position(of: room) else { return "\(room) is not a room of the house" }
        let row = rows[here.row].name
        if module.hasPrefix("Foundation") {
            return rowsWithoutFoundation.contains(row) ? "\(row) does without Foundation" : nil
        }
        guard let there = position(of: module) else { return nil }
        if there.row > here.row || (there.row == here.row && there.column >= here.column) {
            return "\(module) is not above or to the left of \(room)"
        }
        if concreteEngines.contains(module), room != "Slipway" {
            return "only Slipway knows concrete engines"
        }
        if row == "DataPlane", rows[there.row].name == "Engines", module != "EngineInterface" {
            return "the data plane meets engines through EngineInterface"
        }
        if row == "ControlPlane", ["Engines", "DataPlane"].contains(rows[there.row].name) {
            return "the control plane meets the data plane through documents and InferenceService"
        }
        if row == "SlipwayClient", !["Core"].contains(rows[there.row].name), module != "Wire" {
            return "the client library needs the vocabulary and the wire formats only"
        }
        if row == "Conformance", !["Core", "SlipwayClient"].contains(rows[there.row].name),
            module != "Wire"
        {
            return "conformance sees a server through the client library only"
        }
        return nil
    }
}
