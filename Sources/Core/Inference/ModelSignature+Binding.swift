public import ServingCore
public import Tensors

extension ModelSignature {
    /// Puts a request's inputs into the signature's order, after checking each against it.
    ///
    /// - Throws: `invalid_tensor` for an unknown, missing or repeated input, a wrong element type, a
    ///   shape that does not fit, or two extents for one named dimension; the message names the input,
    ///   what came and what was expected.
    public func bind(_ inputs: [NamedTensor]) throws(ServingError) -> [Tensor] {
        // The usual request gives all inputs in order: then nothing has to be searched.
        if inputs.count == self.inputs.count,
            zip(inputs, self.inputs).allSatisfy({ $0.name == $1.name })
        {
            return try checkExtents(inputs.map(\.tensor))
        }
        var slots = [Tensor?](repeating: nil, count: self.inputs.count)
        for input in inputs {
            guard let index = inputIndex(of: input.name) else { throw unknownInput(input.name) }
            guard slots[index] == nil else {
                throw ServingError(.invalidTensor, "input '\(input.name)' is given twice")
            }
            slots[index] = input.tensor
        }
        let missing = zip(slots, self.inputs).filter { $0.0 == nil }.map { "'\($0.1.name)'" }
        guard missing.isEmpty else {
            throw ServingError(
                .invalidTensor,
                "missing input \(missing.joined(separator: ", ")); the model needs \(inputNames)")
        }
        return try checkExtents(slots.compactMap { $0 })
    }

    /// The positions of the requested outputs, in the order requested; all of them for nil or none.
    ///
    /// - Throws: `invalid_tensor` for an unknown output name, with the nearest known one.
    public func bindOutputs(_ names: [String]?) throws(ServingError) -> [Int] {
        guard let names, !names.isEmpty else { return Array(outputs.indices) }
        var indices: [Int] = []
        for name in names {
            guard let index = outputIndex(of: name) else {
                throw ServingError(
                    .invalidTensor,
                    "the model has no output '\(name.clipped())'"
                        + NearestName.hint(for: name, among: outputs.map(\.name))
                        + " (outputs: \(Self.list(outputs)))")
            }
            indices.append(index)
        }
        return indices
    }

    private func checkExtents(_ tensors: [Tensor]) throws(ServingError) -> [Tensor] {
        var named: [(name: String, extent: Int)] = []
        for (tensor, specification) in zip(tensors, inputs) {
            guard tensor.elementType == specification.elementType else {
                throw ServingError(
                    .invalidTensor,
                    "input '\(specification.name)' is \(specification.elementType), not \(tensor.elementType)"
                )
            }
            guard specification.accepts(tensor.shape) else {
                throw ServingError(
                    .invalidTensor,
                    "input '\(specification.name)' has shape \(specification.wireShape ?? []) (-1: any), not \(tensor.shape)"
                )
            }
            try checkNamed(specification, tensor.shape, &named)
        }
        return tensors
    }

    private func checkNamed(
        _ specification: TensorSpecification, _ shape: Shape,
        _ seen: inout [(name: String, extent: Int)]
    ) throws(ServingError) {
        guard inputs.count > 1, let dimensions = specification.dimensions else { return }
        for (dimension, extent) in zip(dimensions, shape.dimensions) {
            guard case .dynamic(let name?) = dimension else { continue }
            if let earlier = seen.first(where: { $0.name == name }) {
                guard earlier.extent == extent else {
                    throw ServingError(
                        .invalidTensor,
                        "dimension '\(name)' is \(extent) in input '\(specification.name)' but \(earlier.extent) before; it must be the same in all inputs"
                    )
                }
            } else {
                seen.append((name, extent))
            }
        }
    }

    private func unknownInput(_ name: String) -> ServingError {
        ServingError(
            .invalidTensor,
            "the model has no input '\(name.clipped())'"
                + NearestName.hint(for: name, among: inputs.map(\.name))
                + " (inputs: \(inputNames))")
    }

    private var inputNames: String { Self.list(inputs) }

    private static func list(_ specifications: [TensorSpecification]) -> String {
        specifications.map { "'\($0.name)'" }.joined(separator: ", ")
    }
}
