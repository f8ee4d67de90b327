import Inference
import ServingCore
import Tensors

/// The signatures of a graph that can be served, and where their tensors are.
struct SignatureTable: Sendable {
    /// A tensor of the graph: an operation and one of its outputs.
    struct Place: Hashable, Sendable {
        let operation: String
        let index: Int32
    }

    /// A signature with the places of its inputs and outputs, in its order.
    struct Row: Sendable {
        let signature: ModelSignature
        let inputs: [Place]
        let outputs: [Place]
    }

    /// Names that TensorFlow keeps for its own: what runs after loading and in training.
    private static let internalPrefix = "__saved_model_"

    /// The signatures, `serving_default` first and the others by name.
    private(set) var rows: [Row] = []
    /// What the version's metadata says besides: methods, and signatures that are not served.
    private(set) var properties: [(key: String, value: String)] = []

    /// Translates what the file says.
    ///
    /// - Throws: `model_invalid` when nothing can be served, with the reason for each signature.
    init(_ graph: SavedModelGraph) throws(ServingError) {
        if !graph.version.isEmpty { properties.append(("tensorflow_version", graph.version)) }
        properties.append(("tags", graph.tags.joined(separator: ",")))
        var objections: [String] = []
        for definition in Self.ordered(graph.signatures) {
            do throws(ServingError) {
                rows.append(try Self.row(definition))
                if !definition.method.isEmpty {
                    properties.append(("method.\(definition.name)", definition.method))
                }
            } catch {
                properties.append(("not_served.\(definition.name)", error.message))
                objections.append("'\(definition.name.clipped())': \(error.message)")
            }
        }
        guard rows.isEmpty else { return }
        throw ServingError(
            .modelInvalid,
            objections.isEmpty
                ? "it has no signature, so there is nothing to call; save it with "
                    + "tf.saved_model.save(model, path, signatures=model.function), or with "
                    + "model.export(path) from Keras"
                : "none of its signatures can be served: "
                    + objections.joined(separator: "; ").clipped(to: 600))
    }

    /// The last of each name wins, as in every protobuf map.
    private static func ordered(_ definitions: [SignatureDefinition]) -> [SignatureDefinition] {
        var byName: [String: SignatureDefinition] = [:]
        for definition in definitions where !definition.name.hasPrefix(internalPrefix) {
            byName[definition.name] = definition
        }
        return byName.values.sorted { left, right in
            let isDefault = left.name == ModelSignature.defaultName
            if isDefault || right.name == ModelSignature.defaultName { return isDefault }
            return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
    }

    private static func row(_ definition: SignatureDefinition) throws(ServingError) -> Row {
        guard !definition.outputs.isEmpty else {
            throw ServingError(.modelInvalid, "it has no outputs")
        }
        let inputs = try specifications(definition.inputs, "input")
        let outputs = try specifications(definition.outputs, "output")
        return Row(
            signature: ModelSignature(
                name: definition.name, inputs: inputs, outputs: outputs,
                batching: ModelSignature.batching(inputs: inputs, outputs: outputs)),
            inputs: try places(definition.inputs), outputs: try places(definition.outputs))
    }

    private static func specifications(
        _ arguments: [SignatureDefinition.Argument], _ what: String
    ) throws(ServingError) -> [TensorSpecification] {
        var result: [TensorSpecification] = []
        for argument in arguments {
            let name = "\(what) '\(argument.name.clipped())'"
            if let objection = argument.objection {
                throw ServingError(
                    .modelInvalid,
                    "\(name) is \(objection); give its parts as tensors of their own in the model")
            }
            guard let type = TensorFlowElementType.type(argument.type) else {
                throw ServingError(
                    .modelInvalid,
                    "\(name) has elements of type \(TensorFlowElementType.name(argument.type)), "
                        + "which no protocol carries; cast it to a common type inside the model")
            }
            let dimensions = argument.extents?.map { extent -> Dimension in
                guard let extent = Int(exactly: extent), extent >= 0 else {
                    return .dynamic(name: nil)
                }
                return .fixed(extent)
            }
            result.append(
                TensorSpecification(name: argument.name, elementType: type, dimensions: dimensions))
        }
        for (left, right) in zip(result, result.dropFirst()) where left.name == right.name {
            throw ServingError(.modelInvalid, "\(what) '\(left.name.clipped())' is there twice")
        }
        return result
    }

    /// `operation:index`; without an index, output 0.
    private static func places(_ arguments: [SignatureDefinition.Argument])
        throws(ServingError) -> [Place]
    {
        var result: [Place] = []
        for argument in arguments {
            let parts = argument.tensor.split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let index = parts.count == 2 ? Int32(parts[1]) : 0
            guard let operation = parts.first, !operation.isEmpty, let index, index >= 0,
                !argument.tensor.utf8.contains(0)
            else {
                throw ServingError(
                    .modelInvalid,
                    "'\(argument.name.clipped())' names the tensor '\(argument.tensor.clipped())', "
                        + "which is no name of a tensor")
            }
            result.append(Place(operation: String(operation), index: index))
        }
        return result
    }
}
