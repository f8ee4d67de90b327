public import ServingCore

/// A dense, row-major array of elements with its type and shape; immutable and cheap to copy.
///
/// Numbers are little-endian and unpadded; BOOL is one byte, 0 or 1. BYTES elements are each a
/// 4-byte little-endian length and then the bytes: the layout of the Open Inference Protocol's
/// binary tensor extension, so that wire bytes can be borrowed as they are.
public struct Tensor: Sendable {
    /// The type of the elements.
    public let elementType: ElementType
    /// The extents.
    public let shape: Shape
    /// The elements.
    public let storage: TensorStorage

    /// Joins a type, a shape and the bytes, and checks that they fit.
    ///
    /// - Throws: `invalid_tensor` when the byte count is not the one the shape needs, when a BOOL is
    ///   neither 0 nor 1, or when BYTES lengths do not add up to the storage.
    public init(_ elementType: ElementType, _ shape: Shape, _ storage: TensorStorage)
        throws(ServingError)
    {
        if elementType == .bytes {
            try BytesElements.check(storage, count: shape.elementCount)
        } else {
            let expected = try shape.byteCount(of: elementType)
            guard storage.count == expected else {
                throw ServingError(
                    .invalidTensor,
                    "a \(elementType) tensor of shape \(shape) has \(expected) bytes, not \(storage.count)"
                )
            }
            if elementType == .bool { try Self.checkBooleans(storage) }
        }
        self.init(trusted: elementType, shape, storage)
    }

    /// Joins parts that the caller made and knows to fit (an engine's output, a reader's own work).
    public init(trusted elementType: ElementType, _ shape: Shape, _ storage: TensorStorage) {
        self.elementType = elementType
        self.shape = shape
        self.storage = storage
    }

    /// Copies an array of numbers.
    ///
    /// - Throws: `invalid_tensor` when the number of values is not the shape's element count or
    ///   `Element`'s size is not the type's.
    public init<Element: BitwiseCopyable>(
        _ elementType: ElementType, _ shape: Shape, values: [Element]
    ) throws(ServingError) {
        guard elementType.byteWidth == MemoryLayout<Element>.stride,
            values.count == shape.elementCount
        else {
            throw ServingError(
                .invalidTensor,
                "\(values.count) values of \(Element.self) do not make a \(elementType) tensor of shape \(shape)"
            )
        }
        let memory = try TensorMemory.allocate(byteCount: try shape.byteCount(of: elementType))
        values.withUnsafeBytes { memory.bytes.copyMemory(from: $0) }
        self.init(trusted: elementType, shape, memory.freeze())
    }

    /// Lends the elements as `Element`, copying first only if the bytes are not aligned for it.
    ///
    /// - Precondition: `Element` has the width of the tensor's type; never used with BYTES.
    public func withElements<Element: BitwiseCopyable, Result, Failure: Error>(
        as type: Element.Type,
        _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(elementType.byteWidth == MemoryLayout<Element>.stride, "wrong element width")
        if storage.isAligned(to: MemoryLayout<Element>.alignment) {
            return try storage.withUnsafeBytes { (bytes) throws(Failure) in
                try body(bytes.bindMemory(to: Element.self))
            }
        }
        let copy = storage.withUnsafeBytes { bytes in
            [Element](unsafeUninitializedCapacity: bytes.count / MemoryLayout<Element>.stride) {
                UnsafeMutableRawBufferPointer($0).copyMemory(from: bytes)
                $1 = $0.count
            }
        }
        // Not `copy.withUnsafeBufferPointer`: that does not carry a typed failure.
        let result: Swift.Result<Result, Failure> = copy.withUnsafeBufferPointer { elements in
            do throws(Failure) { return .success(try body(elements)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The elements as an array; for tests and small results.
    public func values<Element: BitwiseCopyable>(as type: Element.Type = Element.self) -> [Element]
    {
        withElements(as: Element.self) { Array($0) }
    }

    private static func checkBooleans(_ storage: TensorStorage) throws(ServingError) {
        let wrong = storage.withUnsafeBytes { bytes in bytes.first { $0 > 1 } }
        if let wrong {
            throw ServingError(.invalidTensor, "a BOOL element is 0 or 1, not \(wrong)")
        }
    }
}

/// A tensor with the name under which a model's signature knows it.
public struct NamedTensor: Sendable {
    /// The input's or output's name.
    public let name: String
    /// Its value.
    public let tensor: Tensor

    /// Pairs a name with a value.
    public init(_ name: String, _ tensor: Tensor) {
        self.name = name
        self.tensor = tensor
    }
}
