import Inference
import ServingCore
import Tensors

/// A whole file as the one element of a BYTES input.
enum OpaqueInput {
    /// - Throws: `invalid_tensor` when the input takes no bytes, or more than one element.
    static func tensor(_ bytes: [UInt8], _ target: TensorSpecification) throws(ServingError)
        -> Tensor
    {
        guard target.elementType == .bytes else {
            throw ServingError(
                .invalidTensor,
                "input '\(target.name)' is \(target.elementType), not BYTES; a file cannot be "
                    + "passed "
                    + "as it is")
        }
        let rank = target.dimensions?.count ?? 1
        let shape = try Shape([Int](repeating: 1, count: rank))
        guard target.accepts(shape) else {
            throw ServingError(
                .invalidTensor,
                "input '\(target.name)' has shape \(target.wireShape ?? []) (-1: any); one file "
                    + "makes "
                    + "\(shape)")
        }
        var builder = BytesTensorBuilder()
        try builder.append(contentsOf: bytes[...])
        return try builder.finish(shape: shape)
    }
}

extension BytesTensorBuilder {
    /// Adds one element from an array.
    ///
    /// - Throws: As `append(_:)`.
    mutating func append(contentsOf bytes: ArraySlice<UInt8>) throws(ServingError) {
        // `withUnsafeBytes` of a slice does not carry a typed failure.
        let result: Result<Void, ServingError> = bytes.withUnsafeBytes { raw in
            do throws(ServingError) { return .success(try append(raw)) } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}
