import Testing

@Test func everySourceFileLivesInARoomAndImportsOnlyWhatItMay() throws {
    let files = SourceTree.swiftFiles(in: "Sources")
    #expect(files.count > 50)
    for file in files {
        let room = SourceTree.room(of: file)
        for module in SourceTree.imports(in: try SourceTree.text(file)) where module != room {
            if let objection = Rooms.objection(to: module, in: room) {
                Issue.record("\(file) imports \(module): \(objection)")
            }
        }
    }
}

@Test func manifestDeclaresOnlyEdgesThatTheRoomsAllow() throws {
    let edges = SourceTree.manifestEdges(in: try SourceTree.text("Package.swift"))
    #expect(edges.contains { $0.room == "ONNXEngine" && $0.dependency == "NativeLibrary" })
    #expect(edges.contains { $0.room == "Protocols" && $0.dependency == "Wire" })
    for edge in edges {
        if let objection = Rooms.objection(to: edge.dependency, in: edge.room) {
            Issue.record("Package.swift: \(edge.room) depends on \(edge.dependency): \(objection)")
        }
    }
}

@Test(
    arguments: [
        ("Tensors", "ServingCore", true), ("ServingCore", "Tensors", false),
        ("Scheduling", "Models", true), ("Models", "Scheduling", false),
        ("Models", "EngineInterface", true), ("Models", "ONNXEngine", false),
        ("Scheduling", "NativeLibrary", false), ("Listener", "Telemetry", false),
        ("Telemetry", "Listener", true), ("BuiltinEngine", "ONNXEngine", false),
        ("Registry", "Listener", false), ("Registry", "Inference", true),
        ("Slipway", "ONNXEngine", true), ("slipway", "ONNXEngine", false),
        ("Wire", "Foundation", false), ("Slipway", "Foundation", true),
        ("SlipwayClient", "Wire", true), ("SlipwayClient", "Listener", false),
        ("EngineInterface", "Wire", false), ("Attic", "Wire", false),
    ])
func layeringRuleKnowsGoodFromBad(_ room: String, _ module: String, _ isAllowed: Bool) {
    #expect((Rooms.objection(to: module, in: room) == nil) == isAllowed)
}

@Test func importLinesAreReadInEveryForm() {
    let text = """
        import A
        public import B
        @testable import C
        @preconcurrency internal import D
        import struct E.Name
        // import F
        let important = 1
        """
    #expect(SourceTree.imports(in: text) == ["A", "B", "C", "D", "E"])
}
