import EngineDocuments
import ServingCore

/// How a compiled package is called: trees of its inputs and outputs, as `torch.utils._pytree` writes
/// them: `[1, {"type": "builtins.tuple", "context": ..., "children_spec": [...]}]`.
struct PackageCall {
    /// The inputs.
    let plan: CallPlan
    /// Names of the outputs.
    let outputNames: [String]

    /// A tree with more leaves belongs to no model.
    private static let leavesMaximum = 4096

    /// Reads the two trees.
    ///
    /// - Throws: `model_invalid` when they are not there or of another form.
    init(_ specification: [String]) throws(ServingError) {
        guard specification.count == 2 else {
            throw ServingError(.modelInvalid, "the package does not say how it is called")
        }
        let inputs = try Self.tree(specification[0])
        let sides = inputs["children_spec"]?.array ?? []
        var names: [String] = []
        for (index, child) in (sides.first?["children_spec"]?.array ?? []).enumerated() {
            try Self.collect(child, "input_\(index)", depth: 0, into: &names)
        }
        if sides.count > 1 {
            // Arguments given by name come behind, in the order of the dictionary.
            try Self.collect(sides[1], "", depth: 0, into: &names)
        }
        plan = CallPlan(arguments: [], leaves: names.map { CallPlan.Leaf(name: $0) })
        outputNames = try Self.outputs(try Self.tree(specification[1]))
    }

    private static func tree(_ text: String) throws(ServingError) -> DocumentValue {
        let document = try DocumentValue(json: text, valuesMaximum: 200_000)
        guard let parts = document.array, parts.count == 2, parts[1].object != nil else {
            throw ServingError(
                .modelInvalid, "the package says how it is called in a way that is not known here")
        }
        return parts[1]
    }

    private static func outputs(_ tree: DocumentValue) throws(ServingError) -> [String] {
        var names: [String] = []
        if kind(tree) == "builtins.dict" {
            try collect(tree, "", depth: 0, into: &names)
        } else if tree["type"]?.string == nil {
            names = ["output_0"]
        } else {
            for (index, child) in (tree["children_spec"]?.array ?? []).enumerated() {
                try collect(child, "output_\(index)", depth: 0, into: &names)
            }
        }
        return names
    }

    private static func kind(_ tree: DocumentValue) -> String? { tree["type"]?.string }

    private static func collect(
        _ tree: DocumentValue, _ name: String, depth: Int, into names: inout [String]
    ) throws(ServingError) {
        guard depth < 16, names.count < leavesMaximum else {
            throw ServingError(.modelInvalid, "the package's inputs or outputs are nested too deeply")
        }
        guard let kind = kind(tree) else {
            names.append(name)
            return
        }
        let children = tree["children_spec"]?.array ?? []
        var keys: [String] = []
        if kind == "builtins.dict", let context = tree["context"]?.string {
            keys = try DocumentValue(json: context, valuesMaximum: leavesMaximum)
                .array?.compactMap(\.string) ?? []
        }
        for (index, child) in children.enumerated() {
            let hasKey = index < keys.count
            let inner =
                hasKey
                ? (name.isEmpty ? keys[index] : "\(name).\(keys[index])") : "\(name)_\(index)"
            try collect(child, inner, depth: depth + 1, into: &names)
        }
    }
}
