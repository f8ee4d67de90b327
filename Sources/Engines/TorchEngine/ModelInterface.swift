import EngineDocuments
import Inference
import ServingCore
import Tensors

/// A way to call a model: its signature, and how it becomes a call of the library.
struct TorchSignature: Sendable {
    /// What clients see.
    let signature: ModelSignature
    /// The library's side.
    let call: TorchCall
    /// Keys by which outputs are found in an answer; nil where they come in order.
    let outputKeys: [String]?
    /// Whether an answer must have the declared types: false where nothing is known of them.
    let checksTypes: Bool
}

/// Makes the signatures of a model out of what it says, `model.yaml` and, where both are silent about
/// the outputs, two trial runs.
struct ModelInterface {
    let handle: TorchHandle
    let description: ModelDescription
    let notes: ModelNotes
    let options: TorchOptions

    /// The signatures, the default first.
    ///
    /// - Throws: `model_invalid` for inputs or outputs that cannot be told or do not agree with
    ///   `model.yaml`; `configuration_invalid` for names in the options that do not fit.
    func signatures() throws(ServingError) -> [TorchSignature] {
        guard description.methods.isEmpty else { return try methodSignatures() }
        let package = try PackageCall(description.callSpecification)
        let call = TorchCall(method: 0, package.plan)
        let inputs = try self.inputs(package.plan.leaves, byPosition: true)
        let outputs = try packageOutputs(package, call, inputs)
        return [try join(inputs, outputs, call, name: ModelSignature.defaultName)]
    }

    private func methodSignatures() throws(ServingError) -> [TorchSignature] {
        guard description.methods[0].name == "forward" else {
            throw ServingError(.modelInvalid, "the module has no method 'forward'")
        }
        var result: [TorchSignature] = []
        for (index, method) in description.methods.enumerated() {
            do throws(ServingError) {
                result.append(try signature(method, index))
            } catch {
                // Other methods are a bonus: those that need notes are left out.
                if index == 0 { throw error }
            }
        }
        return result
    }

    private func signature(_ method: ModelDescription.Method, _ index: Int)
        throws(ServingError) -> TorchSignature
    {
        let isForward = index == 0
        let notes = isForward ? self.notes : ModelNotes()
        let plan = try CallPlan(method, declared: notes.inputs?.map(\.name) ?? [])
        let call = TorchCall(method: index, plan)
        let inputs = try isForward ? self.inputs(plan.leaves) : plan.leaves.map(Self.discovered)
        let prober = OutputDiscovery(handle: handle, call: call, leaves: plan.leaves)
        let outputs = try prober.outputs(
            of: method.returns, inputs: inputs, declared: notes.outputs, isTried: isForward)
        return try join(
            inputs, outputs, call, name: isForward ? ModelSignature.defaultName : method.name,
            changesModule: method.changesModule)
    }

    private func packageOutputs(
        _ package: PackageCall, _ call: TorchCall, _ inputs: [TensorSpecification]
    ) throws(ServingError) -> DiscoveredOutputs {
        let prober = OutputDiscovery(handle: handle, call: call, leaves: package.plan.leaves)
        return try prober.outputs(
            named: package.outputNames, inputs: inputs, declared: notes.outputs,
            isTried: notes.inputs != nil)
    }

    /// What is declared of the inputs.
    private func inputs(_ leaves: [CallPlan.Leaf], byPosition: Bool = false)
        throws(ServingError) -> [TensorSpecification]
    {
        guard let declared = notes.inputs else { return leaves.map(Self.discovered) }
        guard declared.count == leaves.count else { throw mismatch(declared, leaves) }
        if byPosition { return declared.map(\.specification) }
        var result: [TensorSpecification] = []
        for leaf in leaves {
            guard let value = declared.first(where: { $0.name == leaf.name }) else {
                throw mismatch(declared, leaves)
            }
            if leaf.isTyped, value.type != leaf.type {
                throw NotesLine.wrong(
                    value.line,
                    "gives '\(leaf.name)' the type \(value.type); the model's method takes "
                        + "\(leaf.type?.description ?? "another")")
            }
            result.append(value.specification)
        }
        return result
    }

    private func mismatch(_ declared: [ModelNotes.Value], _ leaves: [CallPlan.Leaf])
        -> ServingError
    {
        let names = leaves.map(\.name)
        if let unknown = declared.first(where: { !names.contains($0.name) }) {
            return NotesLine.wrong(
                unknown.line,
                "names '\(unknown.name.clipped())', which is no input"
                    + NearestName.hint(for: unknown.name, among: names)
                    + " (inputs: \(names.joined(separator: ", ").clipped()))")
        }
        let missing = names.filter { name in !declared.contains { $0.name == name } }
        return ServingError(
            .modelInvalid,
            "\(ModelNotes.fileName) leaves out input '\(missing.first ?? "")': the model takes "
                + names.joined(separator: ", ").clipped())
    }

    /// A leaf of which only the model itself says something: FP32 of any shape when it says nothing.
    static func discovered(_ leaf: CallPlan.Leaf) -> TensorSpecification {
        TensorSpecification(
            name: leaf.name, elementType: leaf.type ?? .float32, dimensions: leaf.dimensions)
    }

    private func join(
        _ inputs: [TensorSpecification], _ outputs: DiscoveredOutputs, _ call: TorchCall,
        name: String, changesModule: Bool = false
    ) throws(ServingError) -> TorchSignature {
        var (inputs, shown) = (inputs, outputs.specifications)
        if name == ModelSignature.defaultName {
            inputs = try Self.rename(inputs, options.inputNames, "input")
            shown = try Self.rename(shown, options.outputNames, "output")
        }
        for (names, what) in [(inputs, "inputs"), (shown, "outputs")] {
            guard Set(names.map(\.name)).count == names.count else {
                throw ServingError(.modelInvalid, "two \(what) have the same name")
            }
        }
        return TorchSignature(
            signature: ModelSignature(
                name: name, inputs: inputs, outputs: shown,
                batching: batching(inputs, shown, changesModule: changesModule)),
            call: call, outputKeys: outputs.keys, checksTypes: outputs.areTypesKnown)
    }

    private func batching(
        _ inputs: [TensorSpecification], _ outputs: [TensorSpecification], changesModule: Bool
    ) -> ModelSignature.Batching {
        if changesModule { return .none(reason: "a run changes the module") }
        if notes.isBatched == false { return .none(reason: "\(ModelNotes.fileName) says so") }
        guard notes.inputs != nil else {
            return .none(
                reason: "no \(ModelNotes.fileName) says that dimension 0 of the inputs is the batch")
        }
        return ModelSignature.batching(inputs: inputs, outputs: outputs)
    }

    private static func rename(
        _ specifications: [TensorSpecification], _ names: [String]?, _ what: String
    ) throws(ServingError) -> [TensorSpecification] {
        guard let names else { return specifications }
        guard names.count == specifications.count else {
            throw ServingError(
                .configurationInvalid,
                "option '\(what)_names' has \(names.count) names, and the model has "
                    + "\(specifications.count) \(what)s: "
                    + specifications.map(\.name).joined(separator: ", ").clipped())
        }
        return zip(specifications, names).map { specification, name in
            TensorSpecification(
                name: name, elementType: specification.elementType,
                dimensions: specification.dimensions)
        }
    }
}
