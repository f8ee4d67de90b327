import ServingCore
import Tensors

extension Tensor {
    /// More elements than this in an input of a trial run are not tried.
    private static let trialElementsMaximum = 16 << 20

    /// Zeros, or empty strings, for a trial run.
    static func zeros(_ type: ElementType, _ dimensions: [Int]) throws(TorchFailure) -> Tensor {
        do throws(ServingError) {
            let shape = try Shape(dimensions)
            guard shape.elementCount <= trialElementsMaximum else {
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
