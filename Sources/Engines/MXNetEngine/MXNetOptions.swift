import EngineInterface
import Inference
import ServingCore
import Tensors

/// A model's options for this engine, checked.
struct MXNetOptions: Sendable {
    static let names = ["batching", "epoch", "inputs", "intra_op_threads", "outputs", "predictors"]

    /// The weights to take: `digits-0012.params` is epoch 12; nil for the highest.
    let epoch: Int?
    /// Inputs as the owner declares them, by name, sorted.
    let inputs: [InputDeclaration]
    /// Nodes whose outputs are given instead of the network's own; empty for the network's own.
    let outputs: [String]
    /// Predictors, each with weights of its own; nil for as many as the processors allow.
    let predictors: Int?
    /// Threads within an operator.
    let intraOpThreads: Int
    /// Whether requests may share a run; nil for what the operators allow.
    let batching: Bool?

    /// Most predictors that a model gets unasked: each has its own copy of the weights.
    static let predictorsUnasked = 4

    /// How many predictors the model gets with so many processors.
    func predictors(for processors: Int) -> Int {
        predictors ?? min(max(1, processors / intraOpThreads), Self.predictorsUnasked)
    }

    /// Reads and checks.
    ///
    /// - Throws: `configuration_invalid` for an unknown option or a wrong value.
    init(_ options: EngineOptions) throws(ServingError) {
        try options.requireKnown(Self.names, engine: "mxnet")
        epoch = try options.integer("epoch", in: 0...999_999_999)
        var inputs: [InputDeclaration] = []
        for (name, text) in try options.mapping("inputs").sorted(by: { $0.key < $1.key }) {
            inputs.append(try InputDeclaration(name, text))
        }
        self.inputs = inputs
        outputs = try Self.list(try options.text("outputs"))
        predictors = try options.integer("predictors", in: 1...PredictorLanes.maximum)
        intraOpThreads = try options.integer("intra_op_threads", in: 1...1024) ?? 1
        batching = try options.boolean("batching")
        if !outputs.isEmpty, inputs.contains(where: { $0.elementType != .float32 }) {
            throw ServingError(
                .configurationInvalid,
                "option 'outputs' works only with inputs of float32: MXNet's C interface has no "
                    + "call that takes both")
        }
    }

    private static func list(_ text: String?) throws(ServingError) -> [String] {
        guard let text else { return [] }
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        guard names.allSatisfy({ !$0.isEmpty }), Set(names).count == names.count else {
            throw ServingError(
                .configurationInvalid,
                "option 'outputs' is '\(text.clipped())'; it must be names of nodes with commas "
                    + "between them, each once")
        }
        return names
    }

    /// Every option, with its values, default and meaning.
    static let reference: [EngineOptionDescription] = [
        .init(
            name: "epoch", values: "0 to 999999999", defaultText: "the highest there is",
            meaning: "Which weights to load: 12 for model-0012.params."),
        .init(
            name: "inputs", values: "names with a type and a shape, as float32[-1,3,224,224]",
            defaultText: "what the files tell",
            meaning: "The inputs' types and shapes; -1 may vary, and float32 may be left out."),
        .init(
            name: "outputs", values: "names of nodes, with commas", defaultText: "the network's",
            meaning: "Inner nodes whose results are given instead of the network's outputs."),
        .init(
            name: "predictors", values: "1 to 64",
            defaultText: "processors / intra_op_threads, at most 4",
            meaning: "Runs at a time; each has its own copy of the weights."),
        .init(
            name: "intra_op_threads", values: "1 to 1024", defaultText: "1",
            meaning: "Threads within an operator."),
        .init(
            name: "batching", values: "true or false", defaultText: "by the operators",
            meaning: "Whether requests may share a run: only where rows do not touch each other."),
    ]
}
