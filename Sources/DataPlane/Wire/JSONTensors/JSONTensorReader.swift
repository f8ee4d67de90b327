public import ServingCore
public import Tensors

/// Reads a JSON value as a tensor of a known element type.
///
/// Numbers go from decimal text to the element's bits in one correct rounding. Integers must be
/// written without fraction and exponent, booleans as `true` or `false`. A finite number that would
/// round to infinity is refused. Errors are `invalid_tensor` in TensorFlow Serving's words for
/// types, shapes and ranges, `invalid_request` for what is no JSON.
public struct JSONTensorReader: Sendable {
    /// What else counts as an element.
    public struct Options: Hashable, Sendable {
        /// Whether an element of BYTES may be `{"b64": "…"}`.
        public var acceptsBase64Objects: Bool

        /// Chooses.
        public init(acceptsBase64Objects: Bool) {
            self.acceptsBase64Objects = acceptsBase64Objects
        }

        /// Strings or base64 objects.
        public static let tensorFlowServing = Options(acceptsBase64Objects: true)
        /// Strings only.
        public static let openInference = Options(acceptsBase64Objects: false)
    }

    private let type: ElementType
    private let options: Options

    /// Prepares to read tensors of one element type.
    public init(_ type: ElementType, options: Options) {
        self.type = type
        self.options = options
    }

    /// Reads nested arrays, or one bare value as a scalar; the first element of each level sets its
    /// extent.
    ///
    /// - Throws: `invalid_tensor` for ragged lists, wrong types and sizes beyond `Limits`;
    ///   `invalid_request` for bad JSON; `resource_exhausted`.
    public func read(from scanner: inout JSONScanner) throws(ServingError) -> Tensor {
        let elements = try JSONElementReader(type, options, remaining: scanner.remaining)
        var nest = JSONNest()
        try nest.read(from: &scanner, into: elements)
        return Tensor(trusted: type, try Shape(nest.extents), elements.memory.freeze())
    }

    /// Reads the elements of a tensor whose shape is known: one flat list in row-major order, or
    /// arrays nested exactly as the shape says; a scalar also bare.
    ///
    /// - Throws: as `read(from:)`, and `invalid_tensor` for another number of elements.
    public func read(from scanner: inout JSONScanner, shape: Shape) throws(ServingError) -> Tensor {
        let elements = try JSONElementReader(type, options, remaining: scanner.remaining)
        var nest = JSONNest()
        try nest.read(from: &scanner, into: elements)
        let isFlat = nest.extents == [shape.elementCount]
        guard isFlat || nest.extents == shape.dimensions || nest.isEmpty(like: shape) else {
            throw ServingError(
                .invalidTensor,
                "the data has the shape \(nest.extents), but the tensor's shape is \(shape):"
                    + " send \(shape.elementCount) elements, flat or nested as the shape says")
        }
        return Tensor(trusted: type, shape, elements.memory.freeze())
    }
}
