import CONNXRuntime
import Glibc
import ServingCore
import Tensors

/// Carries strings between our length-prefixed layout and the library's own; bytes are kept as they
/// are, zero bytes and damaged UTF-8 included.
enum StringTensors {
    /// Makes a value of the library out of a BYTES tensor.
    static func value(of tensor: Tensor, _ runtime: ONNXRuntime) throws(ServingError)
        -> OpaquePointer
    {
        let api = runtime.api
        do throws(ONNXFailure) {
            let dimensions = tensor.shape.dimensions.map(Int64.init)
            let value = try api.make {
                api.pointee.CreateTensorAsOrtValue(
                    runtime.allocator, dimensions, dimensions.count,
                    ONNXElementType.number(.bytes), &$0)
            }
            do throws(ONNXFailure) {
                try fill(value, with: tensor, api)
            } catch {
                api.pointee.ReleaseValue(value)
                throw error
            }
            return value
        } catch {
            throw error.running
        }
    }

    private static func fill(_ value: OpaquePointer, with tensor: Tensor, _ api: ONNXTable)
        throws(ONNXFailure)
    {
        var index = 0
        try BytesElements.forEach(in: tensor) { (element) throws(ONNXFailure) in
            var start: UnsafeMutablePointer<CChar>?
            try api.check(
                api.pointee.GetResizedStringTensorElementBuffer(
                    value, index, element.count, &start))
            if let start, let source = element.baseAddress { memcpy(start, source, element.count) }
            index += 1
        }
    }

    /// Copies a string value of the library into a BYTES tensor.
    ///
    /// - Throws: `engine_failed`, also for more bytes than a tensor may have.
    static func tensor(from value: OpaquePointer, _ shape: Shape, _ api: ONNXTable)
        throws(ServingError) -> Tensor
    {
        let count = shape.elementCount
        guard count > 0 else { return Tensor(trusted: .bytes, shape, .empty) }
        let prefixes = count * BytesElements.lengthPrefixBytes
        let length = try byteCount(of: value, api)
        let memory = try TensorMemory.allocate(byteCount: prefixes + length)
        guard let start = memory.bytes.baseAddress else { return try .zeros(.bytes, shape) }
        var offsets = [Int](repeating: 0, count: count)
        do throws(ONNXFailure) {
            try api.check(
                api.pointee.GetStringTensorContent(
                    value, start + prefixes, length, &offsets, count))
        } catch {
            throw error.running
        }
        offsets.append(length)
        interleave(start, offsets)
        return Tensor(trusted: .bytes, shape, memory.freeze())
    }

    /// Bytes of all elements together.
    private static func byteCount(of value: OpaquePointer, _ api: ONNXTable) throws(ServingError)
        -> Int
    {
        do throws(ONNXFailure) {
            let length: Int = try api.read { api.pointee.GetStringTensorDataLength(value, &$0) }
            return length
        } catch {
            throw error.running
        }
    }

    /// Moves each element down to its place behind its length, from the first to the last.
    ///
    /// The elements begin after room for all lengths, so nothing is overwritten before it moved.
    private static func interleave(_ start: UnsafeMutableRawPointer, _ offsets: [Int]) {
        let prefix = BytesElements.lengthPrefixBytes
        let count = offsets.count - 1
        for index in 0..<count {
            let length = offsets[index + 1] - offsets[index]
            let target = start + prefix * index + offsets[index]
            let source = start + prefix * count + offsets[index]
            memmove(target + prefix, source, length)
            target.storeBytes(of: UInt32(truncatingIfNeeded: length).littleEndian, as: UInt32.self)
        }
    }
}
