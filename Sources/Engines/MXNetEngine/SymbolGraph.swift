public import ServingCore

/// The network of a `symbol.json`: operators and variables, each after those that it reads.
public struct SymbolGraph: Sendable {
    /// An operator or a variable.
    public struct Node: Sendable {
        /// The operator; nil for a variable.
        public let operatorName: String?
        /// The name, by which parameters and inputs are found.
        public let name: String
        /// What was said of it, as texts: `num_hidden: 10`.
        public let attributes: [String: String]
        /// What it reads.
        public let inputs: [Edge]
    }

    /// One output of a node.
    public struct Edge: Hashable, Sendable {
        /// The node's position.
        public let node: Int
        /// Which of its outputs.
        public let output: Int
    }

    /// The nodes in the file's order.
    public let nodes: [Node]
    /// The outputs of the network.
    public let heads: [Edge]
    /// Whether it was saved with NumPy's shapes, where 0 means no elements.
    public let usesNumpyShapes: Bool

    /// Most nodes.
    static let nodesMaximum = 100_000
    /// Most things that a node reads, and most outputs.
    static let edgesMaximum = 4096

    /// Reads the file's bytes.
    ///
    /// - Throws: `model_invalid` with what is wrong and where.
    public init(_ bytes: UnsafeRawBufferPointer) throws(ServingError) {
        var reader = SymbolReader(bytes)
        try reader.read()
        self = try reader.graph()
    }

    init(nodes: [Node], heads: [Edge], usesNumpyShapes: Bool) {
        self.nodes = nodes
        self.heads = heads
        self.usesNumpyShapes = usesNumpyShapes
    }

    /// The variables' positions, in order.
    var variables: [Int] { nodes.indices.filter { nodes[$0].operatorName == nil } }

    /// Who reads a node, and at which place among what it reads.
    func readers() -> [[(node: Int, place: Int)]] {
        var result = [[(node: Int, place: Int)]](repeating: [], count: nodes.count)
        for (index, node) in nodes.enumerated() {
            for (place, edge) in node.inputs.enumerated() {
                result[edge.node].append((index, place))
            }
        }
        return result
    }
}
