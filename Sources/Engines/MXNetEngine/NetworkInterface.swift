import ServingCore

/// What a network takes besides its weights: its inputs, and labels that only training needs.
struct NetworkInterface: Sendable {
    /// A variable that only a loss reads, and whose shape follows from an output's.
    struct Label: Sendable {
        let name: String
        /// The position of the output of the loss that reads it.
        let output: Int
        /// Whether the label has one number for each row of the output's last dimension.
        let isIndex: Bool
    }

    let inputs: [InputDeclaration]
    let labels: [Label]

    /// Operators that end a network for training, by what their label is.
    private static let losses: [String: Bool] = [
        "SoftmaxOutput": true, "Softmax": true, "SVMOutput": true,
        "LinearRegressionOutput": false, "LogisticRegressionOutput": false,
        "MAERegressionOutput": false,
    ]

    /// Finds them: every variable that has no weights is an input or a label.
    ///
    /// - Parameters:
    ///   - declared: What the owner or a file beside the network says of the inputs.
    /// - Throws: `model_invalid` for weights that are missing, and for inputs whose shape nothing
    ///   tells; `configuration_invalid` for declared inputs that the network does not have.
    init(
        _ graph: SymbolGraph, weights: [String: [Int]], declared: [InputDeclaration],
        files: MXNetFiles, directory: String
    ) throws(ServingError) {
        let readers = graph.readers()
        let free = graph.variables.filter { weights[graph.nodes[$0].name] == nil }
        try Self.checkDeclared(declared, free.map { graph.nodes[$0].name }, graph)
        var inputs: [InputDeclaration] = []
        var labels: [Label] = []
        var missing: [String] = []
        var undeclared: [Int] = []
        for variable in free {
            let name = graph.nodes[variable].name
            if let known = declared.first(where: { $0.name == name }) {
                inputs.append(known)
            } else if let label = Self.label(variable, graph, readers) {
                labels.append(label)
            } else if WeightPlaces.isWeight(variable, graph, readers) {
                missing.append(name)
            } else {
                undeclared.append(variable)
            }
        }
        if let first = missing.first {
            guard let file = files.parameters else { throw files.missing(in: directory, missing) }
            throw ServingError(
                .modelInvalid,
                "\(file) has no weights '\(first.clipped())'"
                    + (missing.count > 1 ? " and \(missing.count - 1) more" : "")
                    + " that \(files.symbol) needs; the two do not belong together")
        }
        // Shapes only now: without weights nothing tells them.
        let finder = InputShape(graph, readers, weights)
        for variable in undeclared { inputs.append(try finder.declaration(of: variable)) }
        let order = Dictionary(
            free.enumerated().map { (graph.nodes[$1].name, $0) }, uniquingKeysWith: min)
        self.inputs = inputs.sorted { order[$0.name, default: 0] < order[$1.name, default: 0] }
        self.labels = labels
    }

    private static func checkDeclared(
        _ declared: [InputDeclaration], _ free: [String], _ graph: SymbolGraph
    ) throws(ServingError) {
        for input in declared where !free.contains(input.name) {
            throw ServingError(
                .configurationInvalid,
                "the network has no input '\(input.name.clipped())'"
                    + NearestName.hint(for: input.name, among: free)
                    + " (inputs: \(free.joined(separator: ", ").clipped()))")
        }
    }

    private static func label(
        _ variable: Int, _ graph: SymbolGraph, _ readers: [[(node: Int, place: Int)]]
    ) -> Label? {
        guard let reader = readers[variable].first, readers[variable].count == 1,
            reader.place == 1, let operatorName = graph.nodes[reader.node].operatorName,
            let isIndex = losses[operatorName],
            let output = graph.heads.firstIndex(where: { $0.node == reader.node })
        else { return nil }
        return Label(name: graph.nodes[variable].name, output: output, isIndex: isIndex)
    }
}

/// Where operators expect weights, so that missing ones are not taken for inputs.
enum WeightPlaces {
    /// Operators with weights; all that they read but the first is one.
    private static let operators: Set<String> = [
        "FullyConnected", "Convolution", "Convolution_v1", "Deconvolution", "BatchNorm",
        "BatchNorm_v1", "LayerNorm", "InstanceNorm", "GroupNorm", "LeakyReLU", "RNN",
        "_contrib_SyncBatchNorm",
    ]

    /// Whether everything that reads a variable reads it as a weight.
    static func isWeight(
        _ variable: Int, _ graph: SymbolGraph, _ readers: [[(node: Int, place: Int)]]
    ) -> Bool {
        guard !readers[variable].isEmpty else { return false }
        return readers[variable].allSatisfy { reader in
            let name = graph.nodes[reader.node].operatorName ?? ""
            // Embedding reads its input first and its weight second, as the others do; what an RNN
            // reads third are states, which a caller may give.
            if name == "RNN" { return reader.place == 1 }
            return reader.place > 0 && (operators.contains(name) || name == "Embedding")
        }
    }
}
