import CONNXRuntime
import ServingCore
import Tensors

/// Reads tensor values of the library.
struct TensorReader {
    /// The library.
    let api: ONNXTable

    /// The type and shape that a value has in fact.
    ///
    /// - Throws: `engine_failed` for a type that no protocol carries; `invalid_tensor` beyond limits.
    func typeAndShape(of value: OpaquePointer) throws(ServingError) -> (ElementType, Shape) {
        let read: (number: Int32, dimensions: [Int])
        do throws(ONNXFailure) {
            let info = try api.make { api.pointee.GetTensorTypeAndShape(value, &$0) }
            defer { api.pointee.ReleaseTensorTypeAndShapeInfo(info) }
            read = (
                try api.read { api.pointee.GetTensorElementType(info, &$0) },
                try dimensions(info)
            )
        } catch {
            throw error.running
        }
        guard let type = ONNXElementType.type(read.number) else {
            throw ServingError(
                .engineFailed, "its type \(ONNXElementType.name(read.number)) is not carried")
        }
        return (type, try Shape(read.dimensions))
    }

    private func dimensions(_ info: OpaquePointer) throws(ONNXFailure) -> [Int] {
        let rank: Int = try api.read { api.pointee.GetDimensionsCount(info, &$0) }
        var status: OpaquePointer?
        let dimensions = [Int](unsafeUninitializedCapacity: rank) { buffer, count in
            status = buffer.withMemoryRebound(to: Int64.self) { extents in
                extents.baseAddress.map { api.pointee.GetDimensions(info, $0, rank) } ?? nil
            }
            count = status == nil ? rank : 0
        }
        try api.check(status)
        return dimensions
    }

    /// The bytes of a numeric value; valid as long as the value.
    func bytes(of value: OpaquePointer, _ type: ElementType, _ shape: Shape)
        throws(ServingError) -> UnsafeRawBufferPointer
    {
        var start: UnsafeMutableRawPointer?
        do throws(ONNXFailure) {
            try api.check(api.pointee.GetTensorMutableData(value, &start))
        } catch {
            throw error.running
        }
        return UnsafeRawBufferPointer(start: start, count: try shape.byteCount(of: type))
    }
}
