import Inference
import ServingCore
import Tensors

/// Finds out which extents of the outputs vary, by asking the library what it would give.
struct SignatureProbe {
    private let predictors: PredictorSet
    private let graph: SymbolGraph
    private let interface: NetworkInterface
    private let options: MXNetOptions

    init(
        _ predictors: PredictorSet, _ graph: SymbolGraph, _ interface: NetworkInterface,
        _ options: MXNetOptions
    ) {
        self.predictors = predictors
        self.graph = graph
        self.interface = interface
        self.options = options
    }

    /// Extents to try for dimensions other than the first that may vary: a network may not take
    /// pictures of one pixel.
    static let extentsToTry = [1, 32, 224]

    /// The inputs' shapes with a number of rows, and an extent for what else may vary.
    static func shapes(_ inputs: [InputDeclaration], rows: Int, extent: Int) -> [[Int]] {
        inputs.map { input in
            input.extents.enumerated().map { place, declared in
                declared > 0 ? declared : place == 0 ? rows : extent
            }
        }
    }

    /// The signature, for a first predictor that was made for one row and this extent.
    ///
    /// - Throws: `model_invalid` when the network does not take what is declared.
    func signature(extent: Int) throws(ServingError) -> ModelSignature {
        let inputs = interface.inputs.map(\.specification)
        let once = try outputs(rows: 1, extent: extent)
        let varies = interface.inputs.map { input in
            (first: input.extents.first == -1, other: input.extents.dropFirst().contains(-1))
        }
        let twice = varies.contains { $0.first } ? try outputs(rows: 2, extent: extent) : once
        let larger =
            varies.contains { $0.other } ? try outputs(rows: 1, extent: 2 * extent) : once
        let types = try predictors.outputTypes()
        var outputs: [TensorSpecification] = []
        for (index, name) in names().enumerated() {
            guard let type = MXNetElementType.type(types[index]) else {
                throw ServingError(
                    .modelInvalid, "output '\(name.clipped())' has element type \(types[index])")
            }
            let dimensions = Self.dimensions(once[index], twice[index], larger[index])
            outputs.append(
                TensorSpecification(name: name, elementType: type, dimensions: dimensions))
        }
        return ModelSignature(
            inputs: inputs, outputs: outputs, batching: batching(inputs, outputs))
    }

    /// The outputs' names, as MXNet's Python says them: the node's, with `_output`; more than one
    /// of a node are numbered.
    private func names() -> [String] {
        guard options.outputs.isEmpty else { return options.outputs }
        var uses: [Int: Int] = [:]
        for head in graph.heads { uses[head.node, default: 0] += 1 }
        return graph.heads.map { head in
            let node = graph.nodes[head.node]
            if node.operatorName == nil { return node.name }
            return node.name + "_output" + (uses[head.node] == 1 ? "" : String(head.output))
        }
    }

    private func outputs(rows: Int, extent: Int) throws(ServingError) -> [[Int]] {
        let shapes = Self.shapes(interface.inputs, rows: rows, extent: extent)
        do throws(ServingError) {
            return try predictors.predictor(for: shapes).outputShapes
        } catch {
            throw ServingError(
                .modelInvalid,
                "the network does not take inputs of the shapes \(shapes), as option 'inputs' or "
                    + "its files say it should: \(error.message)")
        }
    }

    private static func dimensions(_ once: [Int], _ twice: [Int], _ larger: [Int]) -> [Dimension]? {
        guard once.count == twice.count, once.count == larger.count else { return nil }
        return once.indices.map { place in
            if once[place] == 1, twice[place] == 2, place == 0, larger[place] == 1 {
                return .dynamic(name: "batch")
            }
            return once[place] == twice[place] && once[place] == larger[place]
                ? .fixed(once[place]) : .dynamic(name: nil)
        }
    }

    private func batching(_ inputs: [TensorSpecification], _ outputs: [TensorSpecification])
        -> ModelSignature.Batching
    {
        if options.batching == false { return .none(reason: "option 'batching' is false") }
        let byShape = ModelSignature.batching(inputs: inputs, outputs: outputs)
        guard byShape == .leadingDimension, options.batching == nil else { return byShape }
        return RowIndependence.batching(graph)
    }
}
