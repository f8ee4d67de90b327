public import NIOCore
public import ServingCore
public import Tensors

/// A `tensorflow.TensorProto` that has been looked through once: its data type, its shape, and where
/// its elements lie; the elements are read by `tensor()`.
///
/// It keeps the message's memory alive, so it may outlive the call that it came with. Rules, as in
/// TensorFlow's `Tensor::FromProto`:
///
/// - `tensor_content` counts if it is not empty; the typed fields are not looked at then.
/// - A typed field with fewer values than the shape has elements repeats its last value; with none
///   at all the elements are zeros or empty strings.
/// - `unknown_rank` is ignored.
///
/// Unlike TensorFlow, which drops or wraps them, more values than elements and integers outside the
/// data type's range are refused, and so is filling out a tensor beyond
/// `Limits.filledTensorBytesMaximum`. Source of the format: TensorFlow's `tensor.proto`.
public struct TensorProto: Sendable {
    /// The data type as it came.
    public let dataType: TensorFlowDataType
    /// The dimensions as they came, not checked.
    public let dimensions: [Int]
    /// The message.
    let bytes: ByteBuffer
    /// Where `tensor_content` lies, counted from the reader index; nil when it is empty.
    let content: Range<Int>?

    /// Looks through the readable bytes of a message.
    ///
    /// - Throws: `invalid_request` when they are no such message; `invalid_tensor` for more than
    ///   `Limits.tensorRankMaximum` dimensions.
    public init(_ bytes: ByteBuffer) throws(ServingError) {
        let found = try bytes.withProtobufReader { (reader) throws(ServingError) in
            try Self.scan(&reader)
        }
        self.bytes = bytes
        dataType = found.dataType
        dimensions = found.dimensions
        content = found.content
    }

    private typealias Found = (
        dataType: TensorFlowDataType, dimensions: [Int], content: Range<Int>?
    )

    private static func scan(_ reader: inout ProtobufReader) throws(ServingError) -> Found {
        var found: Found = (TensorFlowDataType(number: 0), [], nil)
        while let field = try reader.nextField() {
            switch field {
            case 1:
                found.dataType = TensorFlowDataType(
                    number: Int32(truncatingIfNeeded: try reader.varint()))
            case 2: try appendDimensions(reader.message(), to: &found.dimensions)
            case 4:
                let range = try reader.range()
                found.content = range.isEmpty ? nil : range
            default: try reader.skip()
            }
        }
        return found
    }

    private static func appendDimensions(_ reader: ProtobufReader, to dimensions: inout [Int])
        throws(ServingError)
    {
        var reader = reader
        while let field = try reader.nextField() {
            guard field == 2 else {
                try reader.skip()
                continue
            }
            guard dimensions.count < Limits.tensorRankMaximum else {
                throw ServingError(
                    .invalidTensor,
                    "a tensor has at most \(Limits.tensorRankMaximum) dimensions")
            }
            var dimension = try reader.message()
            var size: Int64 = 0
            while let field = try dimension.nextField() {
                if field == 1 { size = try dimension.signed() } else { try dimension.skip() }
            }
            dimensions.append(Int(size))
        }
    }

    /// The shape.
    ///
    /// - Throws: `invalid_tensor` for a negative dimension or too many elements.
    public func shape() throws(ServingError) -> Shape { try Shape(dimensions) }

    /// Reads the elements. Numbers are borrowed from the message where they lie there as they do in
    /// memory (`tensor_content`, one packed `float_val`, `double_val`) and are aligned.
    ///
    /// - Throws: `invalid_tensor` for a data type, a shape or elements that do not fit together,
    ///   `unsupported` for a data type that is not served, `invalid_request` for damage,
    ///   `resource_exhausted`.
    public func tensor() throws(ServingError) -> Tensor {
        let type = try dataType.supported()
        let shape = try shape()
        if shape.elementCount == 0 { return Tensor(trusted: type, shape, .empty) }
        if let content {
            return try TensorProtoContent.tensor(type, shape, slice(content))
        }
        if type == .bytes { return try TensorProtoStrings.tensor(of: self, shape) }
        return try TensorProtoNumbers.tensor(of: self, type, shape)
    }

    /// The bytes of a range that was found in the message.
    func slice(_ range: Range<Int>) -> ByteBuffer {
        bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count)
            ?? ByteBuffer()
    }
}
