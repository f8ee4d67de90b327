public import ServingCore
public import Tensors

/// Collects a tensor from JSON values that stand in different places, one step of the outermost
/// dimension each: the `instances` of TensorFlow Serving's row format.
public struct JSONTensorBuilder: ~Copyable {
    private let type: ElementType
    private let options: JSONTensorReader.Options
    private var elements: JSONElementReader?
    private var extents: [Int] = []
    private var elementsPerRow = 0
    /// Values appended so far.
    public private(set) var count = 0

    /// Starts empty.
    public init(_ type: ElementType, options: JSONTensorReader.Options) {
        self.type = type
        self.options = options
    }

    /// Reads the next value, whose shape must be that of the first.
    ///
    /// After an error the builder must not be used any more.
    ///
    /// - Throws: `invalid_tensor` for another shape or type; `invalid_request` for bad JSON;
    ///   `resource_exhausted`.
    public mutating func appendElement(from scanner: inout JSONScanner) throws(ServingError) {
        let reader: JSONElementReader
        if let elements {
            reader = elements
        } else {
            reader = try JSONElementReader(type, options, remaining: scanner.remaining)
            elements = reader
        }
        if count > 0, extents.isEmpty, Self.isLeaf(scanner) {
            try reader.readElement(from: &scanner)
            count += 1
            return
        }
        var nest = JSONNest()
        try nest.read(from: &scanner, into: reader)
        if count == 0 {
            extents = nest.extents
            elementsPerRow = extents.reduce(1, *)
        } else if extents != nest.extents {
            throw shapeError(nest.extents)
        }
        count += 1
    }

    /// Ends with a tensor whose outermost extent is the number of values.
    ///
    /// - Throws: `invalid_tensor` when no value was appended or the tensor is beyond `Limits`.
    public consuming func finish() throws(ServingError) -> Tensor {
        guard let elements else {
            throw ServingError(.invalidTensor, "there is no value to make a tensor of")
        }
        let shape = try Shape([count] + extents)
        return Tensor(trusted: type, shape, elements.memory.freeze())
    }

    private static func isLeaf(_ scanner: JSONScanner) -> Bool {
        var place = scanner
        place.skipWhiteSpace()
        return place.current != UInt8(ascii: "[")
    }

    private func shapeError(_ found: [Int]) -> ServingError {
        let size = found.reduce(1, *)
        if size != elementsPerRow {
            return ServingError(
                .invalidTensor, "Expecting tensor size: \(elementsPerRow) but got: \(size)")
        }
        return ServingError(
            .invalidTensor,
            "Expecting shape \(Self.text(extents)) but got: \(Self.text(found))")
    }

    /// `[2,3]`, without spaces, as TensorFlow Serving prints shapes.
    private static func text(_ extents: [Int]) -> String {
        "[" + extents.map(String.init).joined(separator: ",") + "]"
    }
}
