import CTorchShim
import EngineDocuments
import Inference
import ServingCore
import Tensors

extension CallPlan {
    /// Lays the arguments of a method flat.
    ///
    /// - Parameter declared: Names in `model.yaml`: they say the keys of dictionaries and the length
    ///   of lists, and that an argument with a default value is an input.
    /// - Throws: `model_invalid` for an argument that no tensors can stand for, or whose parts are not
    ///   known.
    init(_ method: ModelDescription.Method, declared: [String]) throws(ServingError) {
        for (index, argument) in method.arguments.enumerated() {
            let example = method.example.flatMap { index < $0.count ? $0[index] : nil }
            var builder = ArgumentBuilder(
                argument: argument, declared: declared, example: example,
                isOnly: method.arguments.count == 1)
            try builder.build()
            arguments.append(builder.result)
            leaves += builder.leaves
        }
    }
}

/// Lays one argument flat.
private struct ArgumentBuilder {
    let argument: ModelDescription.Argument
    let declared: [String]
    let example: DocumentValue?
    let isOnly: Bool
    var result = CallPlan.Argument(kind: SLIPWAY_TORCH_DEFAULT, count: 0)
    var leaves: [CallPlan.Leaf] = []

    mutating func build() throws(ServingError) {
        if argument.hasDefault, !isDeclared { return }
        try build(argument.kind)
    }

    private var isDeclared: Bool {
        declared.contains { name in
            name == argument.name || name.hasPrefix(argument.name + "_")
                || name.hasPrefix(argument.name + ".")
        }
    }

    private mutating func build(_ kind: ModelDescription.Kind) throws(ServingError) {
        switch kind {
        case .optional(let inner): try build(inner)
        case .tensor: add(SLIPWAY_TORCH_TENSOR, tensor(argument.name, example))
        case .int: add(SLIPWAY_TORCH_INT, typed(.int64, []))
        case .float: add(SLIPWAY_TORCH_FLOAT, typed(.float64, []))
        case .bool: add(SLIPWAY_TORCH_TRUTH, typed(.bool, []))
        case .text: add(SLIPWAY_TORCH_TEXT, typed(.bytes, []))
        case .list(.text): add(SLIPWAY_TORCH_TEXTS, typed(.bytes, [.dynamic(name: nil)]))
        case .tuple(let elements, _) where elements.allSatisfy { $0 == .tensor }:
            positions(SLIPWAY_TORCH_TUPLE, count: elements.count)
        case .list(.tensor): try list()
        case .dict(.tensor): try dictionary()
        default:
            throw ServingError(
                .modelInvalid,
                "argument '\(argument.name)' is \(Self.text(kind)), which no tensors can stand for; "
                    + "give it a default value, or make it a tensor, a tuple, list or dictionary of "
                    + "tensors, a number or a str")
        }
    }

    private mutating func list() throws(ServingError) {
        var count = 0
        while declared.contains("\(argument.name)_\(count)") { count += 1 }
        if count == 0 { count = example?.array?.count ?? 0 }
        guard count > 0 else {
            throw ServingError(
                .modelInvalid,
                "argument '\(argument.name)' is a list of tensors, and the file does not say how "
                    + "many; name them '\(argument.name)_0', '\(argument.name)_1' and so on under "
                    + "'inputs' in \(ModelNotes.fileName)")
        }
        positions(SLIPWAY_TORCH_LIST, count: count)
    }

    private mutating func dictionary() throws(ServingError) {
        let prefix = isOnly ? "" : argument.name + "."
        var keys = declared.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
        if keys.isEmpty { keys = example?.object?.keys.sorted() ?? [] }
        guard !keys.isEmpty else {
            throw ServingError(
                .modelInvalid,
                "argument '\(argument.name)' is a dictionary, and the file does not say its keys; "
                    + "name them '\(prefix)KEY' under 'inputs' in \(ModelNotes.fileName)")
        }
        leaves = keys.map { tensor(prefix + $0, example?[$0]) }
        result = CallPlan.Argument(
            kind: SLIPWAY_TORCH_DICT, count: keys.count, keys: keys)
    }

    private mutating func positions(_ kind: Int, count: Int) {
        let examples = example?.array ?? []
        leaves = (0..<count).map { index in
            tensor("\(argument.name)_\(index)", index < examples.count ? examples[index] : nil)
        }
        result = CallPlan.Argument(kind: kind, count: count)
    }

    private mutating func add(_ kind: Int, _ leaf: CallPlan.Leaf) {
        leaves = [leaf]
        result = CallPlan.Argument(kind: kind, count: 1)
    }

    private func typed(_ type: ElementType, _ dimensions: [Dimension]) -> CallPlan.Leaf {
        CallPlan.Leaf(
            name: argument.name, type: type, dimensions: dimensions, example: nil, isTyped: true)
    }

    /// A tensor, with what its example and the first operation that takes it say.
    private func tensor(_ name: String, _ example: DocumentValue?) -> CallPlan.Leaf {
        let shape = example?["shape"]?.array?.compactMap(\.integer)
        var leaf = CallPlan.Leaf(
            name: name, type: example?["type"]?.integer.flatMap { TorchElementType.type($0) },
            dimensions: shape?.map { _ in .dynamic(name: nil) }, example: shape)
        guard let use = argument.use, let first = use.weight.last else { return leaf }
        switch use.operation {
        case "linear":
            leaf.type = leaf.type ?? use.type
            var dimensions = leaf.dimensions ?? [.dynamic(name: nil), .dynamic(name: nil)]
            if !dimensions.isEmpty { dimensions[dimensions.count - 1] = .fixed(first) }
            leaf.dimensions = dimensions
        case "embedding", "embedding_bag": leaf.type = leaf.type ?? .int64
        default:
            leaf.type = leaf.type ?? use.type
            // A convolution takes as many dimensions as its weights have.
            leaf.dimensions = leaf.dimensions ?? use.weight.map { _ in .dynamic(name: nil) }
        }
        return leaf
    }

    private static func text(_ kind: ModelDescription.Kind) -> String {
        switch kind {
        case .list: "a list of something else than tensors"
        case .dict: "a dictionary of something else than tensors"
        case .tuple: "a tuple of something else than tensors"
        case .other(let text): text.clipped()
        default: "of another type"
        }
    }
}
