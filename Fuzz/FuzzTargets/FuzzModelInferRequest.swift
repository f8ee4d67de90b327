import NIOCore
import Protocols
import ServingCore
import Tensors

/// Takes a `ModelInferRequest` over gRPC, with raw or typed contents.
///
/// Tensors that are accepted hold what their shape says.
public func fuzzModelInferRequest(_ bytes: UnsafeRawBufferPointer) {
    guard
        let inputs = try? PredictBodyDecoder.inputs(modelInferRequest: ByteBuffer(bytes: bytes))
    else { return }
    for tensor in inputs.map(\.tensor) {
        if let width = tensor.elementType.byteWidth {
            promise(
                tensor.storage.count == tensor.shape.elementCount * width,
                "a tensor has the bytes of its shape")
        } else {
            var elements = 0
            BytesElements.forEach(in: tensor) { _ in elements += 1 }
            promise(elements == tensor.shape.elementCount, "BYTES framing was checked")
        }
    }
}
