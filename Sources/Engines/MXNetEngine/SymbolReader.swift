import EngineDocuments
import ServingCore

/// Walks the JSON of a network (`nnvm`'s "saveload json", and the older files of MXNet 0.x that call
/// attributes `attr` or `param`).
struct SymbolReader {
    private var reader: JSONReader
    private var nodes: [SymbolGraph.Node] = []
    private var heads: [SymbolGraph.Edge] = []
    private var usesNumpyShapes = false
    private var hasNodes = false
    private var hasHeads = false

    init(_ bytes: UnsafeRawBufferPointer) {
        reader = JSONReader(bytes)
    }

    mutating func read() throws(ServingError) {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            switch key {
            case "nodes":
                try reader.require(!hasNodes, "'nodes' stands there twice")
                hasNodes = true
                try readNodes()
            case "heads":
                try reader.require(!hasHeads, "'heads' stands there twice")
                hasHeads = true
                heads = try readEdges()
            case "attrs": try readGraphAttributes()
            default: try reader.skipValue()
            }
        }
        try reader.finish()
    }

    /// The network, once all that it refers to has been found.
    func graph() throws(ServingError) -> SymbolGraph {
        guard !nodes.isEmpty, !heads.isEmpty else {
            throw ServingError(
                .modelInvalid, "the file holds no network: 'nodes' or 'heads' is missing or empty")
        }
        var names: Set<String> = []
        for (index, node) in nodes.enumerated() {
            // Variables are found by their names; operators may share one in old files.
            if node.operatorName == nil, !names.insert(node.name).inserted {
                throw ServingError(
                    .modelInvalid, "two variables are called '\(node.name.clipped())'")
            }
            for edge in node.inputs where edge.node >= index {
                throw ServingError(
                    .modelInvalid,
                    "node '\(node.name.clipped())' reads node \(edge.node), which does not come "
                        + "before it")
            }
            if node.operatorName == nil, !node.inputs.isEmpty {
                throw ServingError(
                    .modelInvalid, "variable '\(node.name.clipped())' reads other nodes")
            }
        }
        for head in heads where head.node >= nodes.count {
            throw ServingError(
                .modelInvalid, "output \(head.node) is none of the \(nodes.count) nodes")
        }
        return SymbolGraph(nodes: nodes, heads: heads, usesNumpyShapes: usesNumpyShapes)
    }

    private mutating func readNodes() throws(ServingError) {
        try reader.enterArray()
        while try reader.nextElement() {
            try reader.require(
                nodes.count < SymbolGraph.nodesMaximum,
                "more than \(SymbolGraph.nodesMaximum) nodes")
            nodes.append(try readNode())
        }
    }

    private mutating func readNode() throws(ServingError) -> SymbolGraph.Node {
        var operatorName: String?
        var name: String?
        var attributes: [String: String] = [:]
        var inputs: [SymbolGraph.Edge] = []
        try reader.enterObject()
        while let key = try reader.nextKey() {
            switch key {
            case "op": operatorName = try readText()
            case "name": name = try readText()
            case "attrs", "attr", "param":
                attributes.merge(try readAttributes()) { first, _ in first }
            case "inputs": inputs = try readEdges()
            default: try reader.skipValue()
            }
        }
        guard let operatorName, let name else {
            throw reader.failure("a node has no 'op' or no 'name'")
        }
        return SymbolGraph.Node(
            operatorName: operatorName == "null" ? nil : operatorName, name: name,
            attributes: attributes, inputs: inputs)
    }

    private mutating func readAttributes() throws(ServingError) -> [String: String] {
        var result: [String: String] = [:]
        try reader.enterObject()
        while let key = try reader.nextKey() {
            try reader.require(result.count < 1024, "more than 1024 attributes")
            result[key] = try readText()
        }
        return result
    }

    private mutating func readEdges() throws(ServingError) -> [SymbolGraph.Edge] {
        var result: [SymbolGraph.Edge] = []
        try reader.enterArray()
        while try reader.nextElement() {
            try reader.require(
                result.count < SymbolGraph.edgesMaximum,
                "more than \(SymbolGraph.edgesMaximum) connections")
            let parts = try reader.readIntegers(maximum: 3)
            // Two numbers in files of MXNet 0.x; the third is a version that prediction ignores.
            try reader.require(
                (2...3).contains(parts.count) && parts[0] >= 0 && (0..<4096).contains(parts[1]),
                "a connection is not a node's number and an output's")
            result.append(SymbolGraph.Edge(node: parts[0], output: parts[1]))
        }
        return result
    }

    /// `{"mxnet_version": ["int", 10901], "is_np_shape": ["int", 1]}`.
    private mutating func readGraphAttributes() throws(ServingError) {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            guard key == "is_np_shape" else {
                try reader.skipValue()
                continue
            }
            try reader.enterArray()
            while try reader.nextElement() {
                if try reader.peekKind() == .number {
                    usesNumpyShapes = try reader.readInteger() != 0
                } else {
                    try reader.skipValue()
                }
            }
        }
    }

    /// A string that can be handed on: the library takes texts that end at a zero byte.
    private mutating func readText() throws(ServingError) -> String {
        let text = try reader.readString()
        try reader.require(!text.utf8.contains(0), "a text with a zero byte")
        return text
    }
}
