import Inference
import ServingCore
import Tensors
import Wire

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
