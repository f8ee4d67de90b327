public import Tensors

/// One dimension of an input or output as a model declares it.
public enum Dimension: Hashable, Sendable {
    /// Always this extent.
    case fixed(Int)
    /// Any extent; dynamic dimensions of one name have the same extent within a request.
    case dynamic(name: String?)

    /// The extent, or -1 when it may vary, as protocols write it.
    public var wireValue: Int {
        switch self {
        case .fixed(let extent): extent
        case .dynamic: -1
        }
    }
}

/// What a model declares about one input or output.
public struct TensorSpecification: Hashable, Sendable {
    /// The name, unique among the inputs or among the outputs.
    public let name: String
    /// The element type.
    public let elementType: ElementType
    /// The dimensions, outermost first; nil when the model does not even fix the rank.
    public let dimensions: [Dimension]?

    /// Declares an input or output.
    public init(name: String, elementType: ElementType, dimensions: [Dimension]?) {
        self.name = name
        self.elementType = elementType
        self.dimensions = dimensions
    }

    /// Whether a tensor of that shape fits, looking at each dimension by itself.
    public func accepts(_ shape: Shape) -> Bool {
        guard let dimensions else { return true }
        guard dimensions.count == shape.rank else { return false }
        for (declared, extent) in zip(dimensions, shape.dimensions) {
            if case .fixed(let wanted) = declared, wanted != extent { return false }
        }
        return true
    }

    /// The declared shape as protocols show it: `[-1, 64]`; `[]` for a scalar, nil for any rank.
    public var wireShape: [Int]? { dimensions?.map(\.wireValue) }
}

/// The inputs and outputs of one way to call a model.
public struct ModelSignature: Sendable {
    /// Whether requests may share one run.
    public enum Batching: Hashable, Sendable {
        /// Rows of all inputs and outputs along dimension 0 are independent of each other.
        case leadingDimension
        /// Requests run one by one, for the reason given.
        case none(reason: String)
    }

    /// The default signature's name, as TensorFlow clients expect it.
    public static let defaultName = "serving_default"

    /// The signature's name.
    public let name: String
    /// The inputs, in the model's order.
    public let inputs: [TensorSpecification]
    /// The outputs, in the model's order.
    public let outputs: [TensorSpecification]
    /// Whether and why requests may share a run.
    public let batching: Batching

    /// Declares a signature.
    public init(
        name: String = ModelSignature.defaultName, inputs: [TensorSpecification],
        outputs: [TensorSpecification], batching: Batching
    ) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.batching = batching
    }

    /// The position of the input with that name; nil when there is none.
    public func inputIndex(of name: String) -> Int? { inputs.firstIndex { $0.name == name } }

    /// The position of the output with that name; nil when there is none.
    public func outputIndex(of name: String) -> Int? { outputs.firstIndex { $0.name == name } }

    /// The batching that the declared shapes allow by themselves: every input and output has a
    /// dynamic dimension 0, and where these are named, one name.
    public static func batching(
        inputs: [TensorSpecification], outputs: [TensorSpecification]
    ) -> Batching {
        var names: Set<String> = []
        for specification in inputs + outputs {
            guard let first = specification.dimensions?.first else {
                return .none(reason: "'\(specification.name)' has no dimension 0")
            }
            guard case .dynamic(let name) = first else {
                return .none(reason: "dimension 0 of '\(specification.name)' is fixed")
            }
            if let name { names.insert(name) }
        }
        if names.count > 1 {
            return .none(
                reason: "dimension 0 has several names: \(names.sorted().joined(separator: ", "))")
        }
        return inputs.isEmpty ? .none(reason: "the model has no inputs") : .leadingDimension
    }
}
