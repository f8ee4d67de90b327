import ServingCore
import Tensors

/// Finds an input's shape from what the network does with it.
struct InputShape {
    private let graph: SymbolGraph
    private let readers: [[(node: Int, place: Int)]]
    private let weights: [String: [Int]]

    /// Operators whose result has the shape of their first operand.
    private static let shapeKeeping: Set<String> = [
        "identity", "_copy", "Dropout", "Activation", "Cast", "cast", "BlockGrad", "clip", "relu",
        "sigmoid", "tanh", "_mul_scalar", "_plus_scalar", "_minus_scalar", "_div_scalar",
        "_MulScalar", "_PlusScalar", "_MinusScalar", "_DivScalar", "amp_cast",
    ]

    init(
        _ graph: SymbolGraph, _ readers: [[(node: Int, place: Int)]], _ weights: [String: [Int]]
    ) {
        self.graph = graph
        self.readers = readers
        self.weights = weights
    }

    /// What can be said of a variable.
    ///
    /// - Throws: `model_invalid` with the option to write where the files do not tell it all.
    func declaration(of variable: Int) throws(ServingError) -> InputDeclaration {
        let node = graph.nodes[variable]
        if let written = Self.extents(node.attributes["__shape__"]) {
            let type = node.attributes["__dtype__"].flatMap { Int($0) } ?? 0
            let elementType = MXNetElementType.type(type) ?? .float32
            return InputDeclaration(name: node.name, elementType: elementType, extents: written)
        }
        let extents = readers[variable].lazy.compactMap { rowExtents(after: variable, $0.node) }
        guard let extents = extents.first else { throw unknown(node.name, nil) }
        // Height and width of pictures are in no weight.
        guard !extents.contains(0) else { throw unknown(node.name, extents) }
        return InputDeclaration(name: node.name, extents: [-1] + extents)
    }

    /// A row's extents as the first operator with weights demands them, 0 for what it leaves open.
    private func rowExtents(after source: Int, _ reader: Int) -> [Int]? {
        var source = source
        var reader = reader
        // Every step goes to a later node, so this ends.
        while true {
            let node = graph.nodes[reader]
            guard node.inputs.first?.node == source, let name = node.operatorName else {
                return nil
            }
            if let extents = demanded(by: node, name) { return extents }
            guard Self.shapeKeeping.contains(name) || name == "Flatten" || name == "flatten",
                let next = readers[reader].first
            else { return nil }
            source = reader
            reader = next.node
        }
    }

    private func demanded(by node: SymbolGraph.Node, _ name: String) -> [Int]? {
        guard node.inputs.count > 1,
            let weight = weights[graph.nodes[node.inputs[1].node].name]
        else { return nil }
        if name == "FullyConnected", weight.count == 2 { return [weight[1]] }
        let layout = node.attributes["layout"] ?? "None"
        guard name == "Convolution", weight.count >= 3, ["None", "NCHW", "NCW"].contains(layout)
        else { return nil }
        let groups = Int(node.attributes["num_group"] ?? "1") ?? 1
        let (channels, overflow) = weight[1].multipliedReportingOverflow(by: max(1, groups))
        guard !overflow else { return nil }
        return [channels] + [Int](repeating: 0, count: weight.count - 2)
    }

    private func unknown(_ name: String, _ extents: [Int]?) -> ServingError {
        let known = extents.map { extents in
            let channels = extents[0]
            return " (it has \(channels) channel\(channels == 1 ? "" : "s"), and the rest is open)"
        }
        let example = extents.map { extents in
            ([-1] + extents).map { $0 == 0 ? "224" : String($0) }.joined(separator: ",")
        }
        return ServingError(
            .modelInvalid,
            "the files do not tell the shape of input '\(name.clipped())'\(known ?? ""); write it "
                + "into the model's options, -1 for what may vary, as: inputs: {\(name.clipped()): "
                + "'float32[\(example ?? "-1,64")]'}")
    }

    /// `(0, 3, 224, 224)` as numbers; nil for another text.
    static func extents(_ text: String?) -> [Int]? {
        guard let text, text.hasPrefix("("), text.hasSuffix(")") || text.hasSuffix(",)") else {
            return nil
        }
        let parts = text.dropFirst().dropLast().filter { $0 != " " }.split(separator: ",")
        let numbers = parts.compactMap { Int($0) }
        guard numbers.count == parts.count, (1...32).contains(numbers.count),
            numbers.allSatisfy({ (-1...Int(Int32.max)).contains($0) })
        else { return nil }
        return numbers
    }
}
