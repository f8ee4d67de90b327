import EngineDocuments
import EngineInterface
import ServingCore

/// A model's files, read and checked; nothing of them has reached the library yet.
struct MXNetContent {
    let files: MXNetFiles
    let graph: SymbolGraph
    let weights: ParameterFile?
    let interface: NetworkInterface
    let bytes: ModelBytes
    /// Bytes of both files.
    let byteCount: Int

    /// Reads them.
    ///
    /// - Throws: `file_unreadable`, `model_invalid`, `configuration_invalid`, `resource_exhausted`.
    init(_ source: ModelSource, _ options: MXNetOptions) throws(ServingError) {
        let files = try MXNetFiles(source, epoch: options.epoch)
        let symbolPath = source.files.path(of: files.symbol)
        let symbol = try FileContent(symbolPath)
        graph = try Self.inContext(symbolPath) { () throws(ServingError) in
            try SymbolGraph(symbol.bytes)
        }
        var content: FileContent?
        var weights: ParameterFile?
        if let name = files.parameters {
            let path = source.files.path(of: name)
            let read = try FileContent(path)
            weights = try Self.inContext(path) { () throws(ServingError) in
                try Self.checked(read.bytes)
            }
            content = read
        }
        let dimensions = Self.dimensions(weights)
        var declared = options.inputs
        if declared.isEmpty { declared = try ShapesFile.inputs(source, stem: files.stem) }
        interface = try NetworkInterface(
            graph, weights: dimensions, declared: declared, files: files,
            directory: source.files.directory)
        try WeightShapes.check(graph, dimensions)
        try Self.checkNames(options.outputs, graph)
        byteCount = symbol.bytes.count + (content?.bytes.count ?? 0)
        bytes = ModelBytes(symbol: symbol.bytes, parameters: content?.bytes, owner: content)
        self.files = files
        self.weights = weights
        withExtendedLifetime(symbol) {}
    }

    /// Whether shapes are to be read as NumPy's.
    var usesNumpyShapes: Bool { graph.usesNumpyShapes || weights?.usesNumpyShapes == true }

    private static func checked(_ bytes: UnsafeRawBufferPointer) throws(ServingError)
        -> ParameterFile
    {
        let file = try ParameterFile(bytes)
        guard bytes.count <= Int(Int32.max) else {
            throw ServingError(
                .modelInvalid,
                "the weights have \(bytes.count) bytes; MXNet's C interface takes at most "
                    + "\(Int32.max)")
        }
        if let unmarked = file.arrays.first(where: { $0.role == .unmarked }) {
            throw ServingError(
                .modelInvalid,
                "array '\(unmarked.name.clipped())' is marked neither arg: nor aux:, as "
                    + "save_parameters writes it; write the model with net.export('model')")
        }
        return file
    }

    private static func dimensions(_ weights: ParameterFile?) -> [String: [Int]] {
        var result: [String: [Int]] = [:]
        for array in weights?.arrays ?? [] { result[array.name] = array.dimensions }
        return result
    }

    private static func checkNames(_ outputs: [String], _ graph: SymbolGraph) throws(ServingError) {
        guard !outputs.isEmpty else { return }
        let known = graph.nodes.filter { $0.operatorName != nil }.map(\.name)
        for name in outputs where !known.contains(name) {
            throw ServingError(
                .configurationInvalid,
                "option 'outputs': the network has no node '\(name.clipped())'"
                    + NearestName.hint(for: name, among: known))
        }
    }

    private static func inContext<Value>(
        _ path: String, _ body: () throws(ServingError) -> Value
    ) throws(ServingError) -> Value {
        do throws(ServingError) { return try body() } catch { throw error.inContext(path) }
    }
}

/// Compares weights with what the operators that read them say of themselves.
enum WeightShapes {
    private static let sizes = [
        "FullyConnected": "num_hidden", "Convolution": "num_filter", "Embedding": "output_dim",
    ]

    /// - Throws: `model_invalid` with the weight's name, its shape and what was expected.
    static func check(_ graph: SymbolGraph, _ weights: [String: [Int]]) throws(ServingError) {
        for node in graph.nodes {
            guard let name = node.operatorName, let option = sizes[name],
                let size = node.attributes[option].flatMap({ Int($0) })
            else { continue }
            for (place, edge) in node.inputs.enumerated() where place > 0 {
                let weight = graph.nodes[edge.node].name
                guard let shape = weights[weight] else { continue }
                let found = name == "Embedding" ? shape.last : shape.first
                guard found == size else {
                    throw ServingError(
                        .modelInvalid,
                        "weight '\(weight.clipped())' has shape \(shape), and \(name) "
                            + "'\(node.name.clipped())' has \(option) \(size); the weights belong "
                            + "to another network")
                }
            }
        }
    }
}
