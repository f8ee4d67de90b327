import NIOCore
import ServingCore
import Tensors

/// Reads the typed fields of numbers.
enum TensorProtoNumbers {
    /// Makes a tensor of numbers; the last value is repeated where the shape has more elements.
    ///
    /// - Throws: as `TensorProto.tensor`.
    static func tensor(of message: TensorProto, _ type: ElementType, _ shape: Shape)
        throws(ServingError) -> Tensor
    {
        let field = TypedField(for: type)
        let byteCount = try shape.byteCount(of: type)
        let extent = try message.bytes.withProtobufReader { (reader) throws(ServingError) in
            try field.extent(in: reader)
        }
        try field.check(extent.values, shape, filledBytes: byteCount)
        if case .fixed(let width) = field.encoding, extent.runs == 1,
            extent.values == shape.elementCount
        {
            let storage = try BinaryTensors.storage(
                of: message.slice(extent.range), alignment: width)
            return Tensor(trusted: type, shape, storage)
        }
        let memory = try TensorMemory.allocate(byteCount: byteCount)
        try message.bytes.withProtobufReader { (reader) throws(ServingError) in
            try fill(memory.bytes, type, field, &reader)
        }
        return Tensor(trusted: type, shape, memory.freeze())
    }

    private static func fill(
        _ memory: UnsafeMutableRawBufferPointer, _ type: ElementType, _ field: TypedField,
        _ reader: inout ProtobufReader
    ) throws(ServingError) {
        switch type {
        case .float32: try copy(to: memory.assumingMemoryBound(to: UInt32.self), field, &reader)
        case .float64: try copy(to: memory.assumingMemoryBound(to: UInt64.self), field, &reader)
        case .int8: try decode(to: memory.assumingMemoryBound(to: Int8.self), field, &reader)
        case .int16: try decode(to: memory.assumingMemoryBound(to: Int16.self), field, &reader)
        case .int32: try decode(to: memory.assumingMemoryBound(to: Int32.self), field, &reader)
        case .uint8: try decode(to: memory.assumingMemoryBound(to: UInt8.self), field, &reader)
        case .uint16: try decode(to: memory.assumingMemoryBound(to: UInt16.self), field, &reader)
        case .int64, .uint64:
            try truncate(to: memory.assumingMemoryBound(to: UInt64.self), field, &reader) { $0 }
        case .uint32:
            try truncate(to: memory.assumingMemoryBound(to: UInt32.self), field, &reader) {
                UInt32(truncatingIfNeeded: $0)
            }
        case .bool:
            try truncate(to: memory.assumingMemoryBound(to: UInt8.self), field, &reader) {
                $0 == 0 ? 0 : 1
            }
        case .float16, .bfloat16:
            try truncate(to: memory.assumingMemoryBound(to: UInt16.self), field, &reader) {
                UInt16(truncatingIfNeeded: $0)
            }
        case .bytes: throw ServingError(.internalError, "BYTES are no numbers")
        }
    }

    /// Copies fixed-width runs one behind the other.
    private static func copy<Bits: FixedWidthInteger & BitwiseCopyable>(
        to elements: UnsafeMutableBufferPointer<Bits>, _ field: TypedField,
        _ reader: inout ProtobufReader
    ) throws(ServingError) {
        let memory = UnsafeMutableRawBufferPointer(elements)
        var count = 0
        try field.forEachRun(in: &reader) { (run, _) throws(ServingError) in
            UnsafeMutableRawBufferPointer(rebasing: memory[count..<count + run.count])
                .copyMemory(from: run)
            count += run.count
        }
        repeatLast(elements, from: count / MemoryLayout<Bits>.size)
    }

    /// Reads `int_val`, whose values must fit the element type.
    private static func decode<Element: FixedWidthInteger & BitwiseCopyable>(
        to elements: UnsafeMutableBufferPointer<Element>, _ field: TypedField,
        _ reader: inout ProtobufReader
    ) throws(ServingError) {
        var misfit: Int32?
        try truncate(to: elements, field, &reader) { bits in
            // An `int32` on the wire: what stands above 32 bits is dropped, as protobuf says.
            let value = Int32(truncatingIfNeeded: bits)
            let element = Element(truncatingIfNeeded: value)
            if Int32(truncatingIfNeeded: element) != value { misfit = value }
            return element
        }
        if let misfit {
            throw ServingError(
                .invalidTensor,
                "\(field.name) holds \(misfit), which is no \(Element.self); the range is "
                    + "\(Element.min) to \(Element.max)")
        }
    }

    /// Reads varints and stores what `convert` makes of each.
    @inline(__always)
    private static func truncate<Element: FixedWidthInteger & BitwiseCopyable>(
        to elements: UnsafeMutableBufferPointer<Element>, _ field: TypedField,
        _ reader: inout ProtobufReader, _ convert: (UInt64) -> Element
    ) throws(ServingError) {
        var index = 0
        try field.forEachRun(in: &reader) { (run, _) throws(ServingError) in
            var values = ProtobufReader(run)
            while !values.isAtEnd {
                elements[index] = convert(try values.packedVarint())
                index += 1
            }
        }
        repeatLast(elements, from: index)
    }

    private static func repeatLast<Element: FixedWidthInteger & BitwiseCopyable>(
        _ elements: UnsafeMutableBufferPointer<Element>, from index: Int
    ) {
        guard index < elements.count else { return }
        let last = index > 0 ? elements[index - 1] : 0
        elements[index...].update(repeating: last)
    }
}
