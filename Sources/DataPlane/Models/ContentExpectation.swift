public import Tensors

/// What a model's own configuration says of its files: what to load, what must be in it, what is
/// added to its metadata, and which requests prove it.
public struct ContentExpectation: Hashable, Sendable {
    /// The file to load in each version directory; nil for what the engine looks for.
    public var fileName: String?
    /// What the loaded signature must have; nil for no such check.
    public var signature: ExpectedSignature?
    /// Added to the model's own properties, in place of those of the same key.
    public var properties: [ModelProperty] = []
    /// Requests to run before a version is available, after those that are recorded beside it.
    public var warmUpSamples: [WarmUpSample] = []

    /// Expects nothing.
    public init() {}
}

/// A key and its value as metadata shows them.
public struct ModelProperty: Hashable, Sendable {
    /// The key.
    public var key: String
    /// The value.
    public var value: String

    /// Joins them.
    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

/// Inputs and outputs as a configuration declares them.
public struct ExpectedSignature: Hashable, Sendable {
    /// One input or output.
    public struct Value: Hashable, Sendable {
        /// The name.
        public var name: String
        /// The element type.
        public var elementType: ElementType
        /// The whole shape, with the batch dimension; -1 for any extent.
        public var dimensions: [Int]

        /// Declares.
        public init(name: String, elementType: ElementType, dimensions: [Int]) {
            self.name = name
            self.elementType = elementType
            self.dimensions = dimensions
        }
    }

    /// Every input; empty for no check of them.
    public var inputs: [Value]
    /// Some or all of the outputs.
    public var outputs: [Value]

    /// Declares.
    public init(inputs: [Value] = [], outputs: [Value] = []) {
        self.inputs = inputs
        self.outputs = outputs
    }
}

/// A request described by its inputs, as Triton's `model_warmup` does.
public struct WarmUpSample: Hashable, Sendable {
    /// What an input holds.
    public enum Content: Hashable, Sendable {
        case zeros
        /// Repeatable values that look random.
        case random
        /// The bytes of a file, in the binary form of the Open Inference Protocol; absolute path.
        case file(String)
    }

    /// One input.
    public struct Input: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Its element type.
        public var elementType: ElementType
        /// Its whole shape, with the batch dimension.
        public var dimensions: [Int]
        /// What it holds.
        public var content: Content
        /// How often the content is repeated along the batch dimension; 1 for a file of all rows.
        public var repetitions: Int

        /// Describes.
        public init(
            name: String, elementType: ElementType, dimensions: [Int], content: Content,
            repetitions: Int = 1
        ) {
            self.name = name
            self.elementType = elementType
            self.dimensions = dimensions
            self.content = content
            self.repetitions = repetitions
        }
    }

    /// What people call it.
    public var name: String
    /// The inputs.
    public var inputs: [Input]
    /// How often it is run.
    public var count: Int

    /// Describes.
    public init(name: String, inputs: [Input], count: Int = 1) {
        self.name = name
        self.inputs = inputs
        self.count = count
    }
}
