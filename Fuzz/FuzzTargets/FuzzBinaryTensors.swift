import NIOCore
import ServingCore
import Tensors
import Wire

/// Takes binary tensor data: type, rank, one byte an extent, one byte of size to announce beyond or
/// short of the rest, then the data.
///
/// A tensor that is accepted must hold exactly the bytes announced, and be appended as they were.
public func fuzzBinaryTensors(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 3 else { return }
    let types = ElementType.allCases
    let type = types[Int(bytes[0]) % types.count]
    let rank = Int(bytes[1] % 5)
    guard bytes.count >= 3 + rank else { return }
    let extents = bytes[2..<2 + rank].map(Int.init)
    let data = bytes[(3 + rank)...]
    let announced = data.count + Int(Int8(bitPattern: bytes[2 + rank]))
    guard let shape = try? Shape(extents) else { return promise(false, "small extents fit") }
    var body = ByteBuffer(bytes: data)
    let before = body
    let tensor: Tensor
    do throws(ServingError) {
        tensor = try BinaryTensors.read(type, shape, from: &body, byteCount: announced)
    } catch { return }
    promise(tensor.storage.count == announced, "all bytes announced are in the tensor")
    promise(body.readerIndex == before.readerIndex + announced, "the body is consumed so far")
    promise(tensor.storage.isAligned(to: type.byteWidth ?? 1), "elements are aligned")
    var elements = 0
    if type == .bytes {
        BytesElements.forEach(in: tensor) { _ in elements += 1 }
        promise(elements == shape.elementCount, "BYTES framing was checked")
    }
    var copy = ByteBuffer()
    BinaryTensors.append(tensor, to: &copy)
    promise(copy == before.getSlice(at: before.readerIndex, length: announced), "bytes come back")
}
