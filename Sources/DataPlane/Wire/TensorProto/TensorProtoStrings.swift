import ServingCore
import Tensors

/// Reads `string_val`.
enum TensorProtoStrings {
    /// Makes a BYTES tensor; the last string is repeated where the shape has more elements.
    ///
    /// - Throws: as `TensorProto.tensor`.
    static func tensor(of message: TensorProto, _ shape: Shape) throws(ServingError) -> Tensor {
        let field = TypedField(for: .bytes)
        return try message.bytes.withProtobufReader { (reader) throws(ServingError) in
            let extent = try field.extent(in: reader)
            let missing = shape.elementCount - extent.values
            let last = UnsafeRawBufferPointer(rebasing: reader.bytes[extent.range])
            let (fill, overflow) = max(missing, 0).multipliedReportingOverflow(
                by: last.count + BytesElements.lengthPrefixBytes)
            try field.check(
                extent.values, shape, filledBytes: overflow ? .max : fill)
            let elements = try StringElements(
                count: shape.elementCount, textBytes: extent.bytes + missing * last.count)
            try field.forEachRun(in: &reader) { (element, _) throws(ServingError) in
                elements.append(element)
            }
            for _ in 0..<missing { elements.append(last) }
            return Tensor(trusted: .bytes, shape, elements.freeze())
        }
    }
}
