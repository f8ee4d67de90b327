import NIOCore
import ServingCore
import Tensors
import Wire

/// Takes a `tensorflow.TensorProto`.
///
/// A tensor that is accepted must have the elements that its shape says, and read back the same from
/// both forms that it can be written in.
public func fuzzTensorProto(_ bytes: UnsafeRawBufferPointer) {
    let tensor: Tensor
    do throws(ServingError) {
        let message = try TensorProto(ByteBuffer(bytes: bytes))
        // What a server looks at first: a fuzzer must not spend its time on filling memory.
        guard try message.shape().elementCount <= 1 << 16 else { return }
        tensor = try message.tensor()
    } catch { return }
    promise(tensor.storage.isAligned(to: tensor.elementType.byteWidth ?? 1), "aligned")
    promise(
        (try? Tensor(tensor.elementType, tensor.shape, tensor.storage)) != nil,
        "the elements are those of the shape")
    for form in [TensorProtoWriter.Form.typedValues, .content] {
        let writer = TensorProtoWriter(tensor, as: form)
        var buffer = ByteBuffer()
        writer.write(to: &buffer)
        promise(buffer.readableBytes == writer.byteCount, "the length is known before")
        guard let copy = try? TensorProto(buffer).tensor() else {
            return promise(false, "what is written can be read")
        }
        promise(copy.elementType == tensor.elementType && copy.shape == tensor.shape, "same kind")
        let isSame = copy.storage.withUnsafeBytes { copy in
            tensor.storage.withUnsafeBytes { copy.elementsEqual($0) }
        }
        promise(isSame, "same elements")
    }
}
