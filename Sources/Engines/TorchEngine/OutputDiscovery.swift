import Inference
import ServingCore
import Tensors

/// The outputs of a method, and how sure that is.
struct DiscoveredOutputs {
    /// What clients see.
    var specifications: [TensorSpecification]
    /// Keys of a dictionary, by which the outputs are found in an answer; nil: they come in order.
    var keys: [String]?
    /// Whether the types are known.
    var areTypesKnown: Bool
}

/// Finds out what a method gives back.
///
/// In this order: `model.yaml`; two runs on zeros, with one row and with two, whose answers say the
/// types and which extents vary; the method's return type, with FP32 of any shape.
struct OutputDiscovery {
    let handle: TorchHandle
    let call: TorchCall
    let leaves: [CallPlan.Leaf]

    /// More elements than this in an input of zeros are not tried.
    private static let elementsMaximum = 16 << 20

    /// One output of a trial run.
    private struct Trial {
        let key: String?
        let type: ElementType
        let dimensions: [Int]
    }

    /// The outputs of a TorchScript method.
    ///
    /// - Throws: `model_invalid` when a dictionary or list is returned and nothing says what it holds.
    func outputs(
        of returns: ModelDescription.Kind, inputs: [TensorSpecification],
        declared: [ModelNotes.Value]?, isTried: Bool
    ) throws(ServingError) -> DiscoveredOutputs {
        if let declared { return Self.declared(declared, isDictionary: returns.isDictionary) }
        var reason = "it was not tried"
        if isTried {
            do throws(TorchFailure) {
                return try discover(inputs, names: returns.fieldNames)
            } catch {
                reason = error.message
            }
        }
        guard let guessed = Self.guessed(returns) else {
            throw ServingError(
                .modelInvalid,
                "the file does not say which outputs the method gives, and a trial run fails "
                    + "(\(reason)); write them under 'outputs' in \(ModelNotes.fileName), or the "
                    + "inputs with their types and shapes")
        }
        return guessed
    }

    /// The outputs of a package, whose names are known.
    func outputs(
        named names: [String], inputs: [TensorSpecification], declared: [ModelNotes.Value]?,
        isTried: Bool
    ) throws(ServingError) -> DiscoveredOutputs {
        if let declared {
            guard declared.count == names.count else {
                throw ServingError(
                    .modelInvalid,
                    "\(ModelNotes.fileName) has \(declared.count) outputs, the package "
                        + "\(names.count): \(names.joined(separator: ", ").clipped())")
            }
            return Self.declared(declared, isDictionary: false)
        }
        if isTried, let found = try? discover(inputs, names: names),
            found.specifications.count == names.count
        {
            return found
        }
        return Self.unknown(names)
    }

    private static func declared(_ values: [ModelNotes.Value], isDictionary: Bool)
        -> DiscoveredOutputs
    {
        DiscoveredOutputs(
            specifications: values.map(\.specification),
            keys: isDictionary ? values.map(\.name) : nil, areTypesKnown: true)
    }

    private static func unknown(_ names: [String]) -> DiscoveredOutputs {
        DiscoveredOutputs(
            specifications: names.map {
                TensorSpecification(name: $0, elementType: .float32, dimensions: nil)
            }, keys: nil, areTypesKnown: false)
    }

    /// What a return type says; nil when it does not say how many tensors there are.
    private static func guessed(_ returns: ModelDescription.Kind) -> DiscoveredOutputs? {
        switch returns {
        case .tensor: return unknown(["output_0"])
        case .tuple(let elements, let names) where elements.allSatisfy { $0 == .tensor }:
            return unknown(
                names.count == elements.count ? names : elements.indices.map { "output_\($0)" })
        default: return nil
        }
    }

    private func discover(_ inputs: [TensorSpecification], names: [String]?)
        throws(TorchFailure) -> DiscoveredOutputs
    {
        let first = try tried(inputs, extra: 0)
        // A model may be bound to the number of rows that it was traced with: then nothing is fixed.
        let second = try? tried(inputs, extra: 1)
        let isComparable =
            second?.count == first.count
            && zip(first, second ?? []).allSatisfy { $0.dimensions.count == $1.dimensions.count }
        var specifications: [TensorSpecification] = []
        for (index, trial) in first.enumerated() {
            let dimensions = trial.dimensions.enumerated().map { place, extent -> Dimension in
                guard isComparable, let second, second[index].dimensions[place] == extent else {
                    return .dynamic(name: nil)
                }
                return .fixed(extent)
            }
            let field = names?.count == first.count ? names?[index] : nil
            specifications.append(
                TensorSpecification(
                    name: trial.key ?? field ?? "output_\(index)", elementType: trial.type,
                    dimensions: dimensions))
        }
        let keys = first.compactMap(\.key)
        return DiscoveredOutputs(
            specifications: specifications, keys: keys.count == first.count ? keys : nil,
            areTypesKnown: true)
    }

    /// Runs on zeros; extents that vary are as in the trace's example, or 1, and `extra` more.
    private func tried(_ inputs: [TensorSpecification], extra: Int) throws(TorchFailure) -> [Trial] {
        var tensors: [Tensor] = []
        for (index, input) in inputs.enumerated() {
            guard let dimensions = input.dimensions else {
                throw TorchFailure("the shape of input '\(input.name)' is not known")
            }
            let example = index < leaves.count ? leaves[index].example : nil
            let hasExample = example?.count == dimensions.count
            let shape = dimensions.enumerated().map { place, dimension -> Int in
                if case .fixed(let extent) = dimension { return extent }
                guard hasExample, let example else { return 1 + extra }
                return example[place] + (place == 0 ? extra : 0)
            }
            tensors.append(try Self.zeros(input.elementType, shape))
        }
        let result = try RunSlot(handle, inputCount: tensors.count).run(call, tensors)
        var trials: [Trial] = []
        for index in 0..<result.count {
            do throws(ServingError) {
                let tensor = try result.tensor(index)
                trials.append(
                    Trial(
                        key: result.key(index), type: tensor.elementType,
                        dimensions: tensor.shape.dimensions))
            } catch {
                throw TorchFailure(error.message)
            }
        }
        return trials
    }

    private static func zeros(_ type: ElementType, _ dimensions: [Int]) throws(TorchFailure)
        -> Tensor
    {
        do throws(ServingError) {
            let shape = try Shape(dimensions)
            guard shape.elementCount <= elementsMaximum else {
                throw ServingError(.invalidTensor, "an input of \(shape) is too large to try")
            }
            // A string of no bytes is a length of four zero bytes.
            let width = type.byteWidth ?? BytesElements.lengthPrefixBytes
            let memory = try TensorMemory.allocate(byteCount: shape.elementCount * width)
            for index in memory.bytes.indices { memory.bytes[index] = 0 }
            return Tensor(trusted: type, shape, memory.freeze())
        } catch {
            throw TorchFailure(error.message)
        }
    }
}

extension ModelDescription.Kind {
    /// Whether tensors are found in it by key alone.
    var isDictionary: Bool {
        if case .dict(.tensor) = self { true } else { false }
    }

    /// Names of a NamedTuple's fields; nil for what has none.
    var fieldNames: [String]? {
        if case .tuple(_, let names) = self, !names.isEmpty { names } else { nil }
    }
}
