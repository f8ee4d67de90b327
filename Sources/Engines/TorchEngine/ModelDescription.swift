import EngineDocuments
import Inference
import ServingCore
import Tensors

/// What the shim says of a model.
struct ModelDescription {
    /// A type of TorchScript, as far as it matters here.
    indirect enum Kind: Hashable {
        case tensor, int, float, bool, text
        case optional(Kind)
        case list(Kind)
        case dict(Kind)
        case tuple([Kind], names: [String])
        case other(String)
    }

    /// The first operation with weights that takes an input.
    struct Use: Hashable {
        let operation: String
        let type: ElementType?
        let weight: [Int]
    }

    /// An argument of a method.
    struct Argument {
        let name: String
        let hasDefault: Bool
        let kind: Kind
        let use: Use?
    }

    /// A method of a module.
    struct Method {
        let name: String
        let changesModule: Bool
        let arguments: [Argument]
        let returns: Kind
        /// The inputs that a trace was made with, one for each argument; nil for scripted ones.
        let example: [DocumentValue]?
    }

    /// The methods, `forward` first; empty for a package.
    let methods: [Method]
    /// How a package is called: the trees of its inputs and outputs, as JSON.
    let callSpecification: [String]
    /// What a package says of itself.
    let metadata: [(key: String, value: String)]

    /// Reads the shim's JSON.
    ///
    /// - Throws: `model_invalid` when names in the model make it larger than any real model's.
    init(json: String) throws(ServingError) {
        let document = try DocumentValue(json: json, valuesMaximum: 200_000)
        methods = (document["methods"]?.array ?? []).map(Self.method)
        callSpecification = (document["call_spec"]?.array ?? []).compactMap(\.string)
        metadata = (document["metadata"]?.object ?? [:]).compactMap { member in
            member.value.string.map { (key: member.key, value: $0) }
        }.sorted { $0.key < $1.key }
    }

    private static func method(_ value: DocumentValue) -> Method {
        Method(
            name: value["name"]?.string ?? "",
            changesModule: value["changes_module"]?.boolean ?? true,
            arguments: (value["arguments"]?.array ?? []).map(argument),
            returns: value["returns"].map(kind) ?? .other("nothing"),
            example: value["example"]?.array)
    }

    private static func argument(_ value: DocumentValue) -> Argument {
        Argument(
            name: value["name"]?.string ?? "", hasDefault: value["has_default"]?.boolean ?? false,
            kind: value["type"].map(kind) ?? .other("unknown"), use: value["use"].flatMap(use))
    }

    private static func use(_ value: DocumentValue) -> Use? {
        guard let operation = value["operation"]?.string else { return nil }
        return Use(
            operation: operation,
            type: value["type"]?.integer.flatMap { TorchElementType.type($0) },
            weight: (value["weight"]?.array ?? []).compactMap(\.integer))
    }

    private static func kind(_ value: DocumentValue) -> Kind {
        let of = value["of"].map(kind) ?? .other("unknown")
        switch value["kind"]?.string {
        case "tensor": return .tensor
        case "int": return .int
        case "float": return .float
        case "bool": return .bool
        case "str": return .text
        case "optional": return .optional(of)
        case "list": return .list(of)
        case "dict":
            let hasTextKeys = value["key"].map(kind) == .text
            return hasTextKeys ? .dict(of) : .other("Dict with keys that are no str")
        case "tuple":
            return .tuple(
                (value["elements"]?.array ?? []).map(kind),
                names: (value["names"]?.array ?? []).compactMap(\.string))
        default: return .other(value["text"]?.string ?? "unknown")
        }
    }
}
