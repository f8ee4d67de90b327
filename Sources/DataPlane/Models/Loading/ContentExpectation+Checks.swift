import EngineInterface
import Inference
import ServingCore

extension ContentExpectation {
    /// The model's own properties, with the expected ones in place of those of the same key.
    func merged(_ own: [(key: String, value: String)]) -> [(key: String, value: String)] {
        let keys = Set(properties.map(\.key))
        return own.filter { !keys.contains($0.key) }
            + properties.map { (key: $0.key, value: $0.value) }
    }
}

extension ModelFiles {
    /// The listing with only the file to load and what is no model file beside it; all for nil.
    ///
    /// - Throws: `model_invalid` when the file is not there.
    func only(_ fileName: String?) throws(ServingError) -> ModelFiles {
        guard let fileName else { return self }
        guard let entry = entry(fileName) else {
            let seen = entries.prefix(8).map { "'\($0.name.clipped(to: 80))'" }
            throw ServingError(
                .modelInvalid,
                "default_model_filename is '\(fileName.clipped())', which \(directory) does not "
                    + "hold; it holds \(seen.isEmpty ? "no files" : seen.joined(separator: ", "))")
        }
        return ModelFiles(directory: directory, entries: [entry])
    }
}

extension ExpectedSignature {
    /// Compares what a configuration declares with what the loaded model has.
    ///
    /// - Throws: `model_invalid` that names the input or output and both of what they are.
    func check(_ signature: ModelSignature) throws(ServingError) {
        for input in inputs { try Self.check(input, among: signature.inputs, "input") }
        for output in outputs { try Self.check(output, among: signature.outputs, "output") }
        let declared = Set(inputs.map(\.name))
        guard !declared.isEmpty else { return }
        for own in signature.inputs where !declared.contains(own.name) {
            throw ServingError(
                .modelInvalid,
                "the model has an input '\(own.name)' that its configuration does not declare; "
                    + "declare every input, or none")
        }
    }

    private static func check(
        _ value: Value, among own: [TensorSpecification], _ kind: String
    ) throws(ServingError) {
        guard let found = own.first(where: { $0.name == value.name }) else {
            throw ServingError(
                .modelInvalid,
                "the configuration declares \(kind) '\(value.name.clipped())', which the model "
                    + "does not have" + NearestName.hint(for: value.name, among: own.map(\.name))
                    + " (\(kind)s: \(own.map(\.name).joined(separator: ", ")))")
        }
        guard found.elementType == value.elementType else {
            throw ServingError(
                .modelInvalid,
                "the configuration declares \(kind) '\(value.name)' as \(value.elementType), but "
                    + "the model has \(found.elementType)")
        }
        guard found.agrees(with: value.dimensions) else {
            throw ServingError(
                .modelInvalid,
                "the configuration declares \(kind) '\(value.name)' with shape "
                    + "\(value.dimensions) (with the batch dimension when max_batch_size is above "
                    + "0), but the model has \(found.wireShape ?? [])")
        }
    }
}

extension TensorSpecification {
    /// Whether a declared shape is this one, or fixes what this one leaves open.
    fileprivate func agrees(with declared: [Int]) -> Bool {
        guard let wireShape else { return true }
        guard wireShape.count == declared.count else { return false }
        return zip(wireShape, declared).allSatisfy { own, wanted in own == -1 || own == wanted }
    }
}
