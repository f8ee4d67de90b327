public import Inference
public import ServingCore
public import Tensors

/// An array from an `.npy` file.
public struct NumPyArray: Sendable {
    private let header: NumPyHeader
    private let bytes: [UInt8]

    /// Reads the header and checks that exactly its elements follow.
    ///
    /// - Throws: `invalid_request` for a malformed or cut file; `unsupported` for a type.
    public init(_ bytes: [UInt8]) throws(ServingError) {
        header = try NumPyHeader(bytes)
        self.bytes = bytes
        let (expected, overflow) = header.shape.elementCount.multipliedReportingOverflow(
            by: header.elementBytes)
        let found = bytes.count - header.dataOffset
        guard !overflow, expected == found else {
            throw ServingError(
                .invalidRequest,
                "the array has shape \(header.shape) and \(header.elementBytes) bytes an element, "
                    + "but "
                    + "the file holds \(found) bytes of elements")
        }
    }

    /// The array as a tensor for an input.
    ///
    /// Numbers are converted: to a floating-point type by rounding, to an integer type when every
    /// value fits. An array without the batch dimension becomes a batch of one.
    ///
    /// - Throws: `invalid_tensor` when type or shape does not fit.
    public func tensor(for target: TensorSpecification) throws(ServingError) -> Tensor {
        let shape = try fittingShape(target)
        switch header.kind {
        case .number(let type): return try numbers(type, target, shape)
        case .byteStrings, .texts:
            guard target.elementType == .bytes else { throw wrongType("text", target) }
            return try texts(shape)
        }
    }

    private func fittingShape(_ target: TensorSpecification) throws(ServingError) -> Shape {
        if target.accepts(header.shape) { return header.shape }
        let batch = try Shape([1] + header.shape.dimensions)
        if target.accepts(batch) { return batch }
        throw ServingError(
            .invalidTensor,
            "the array has shape \(header.shape); input '\(target.name)' takes "
                + "\(target.wireShape ?? []) (-1: any)")
    }

    private func wrongType(_ what: String, _ target: TensorSpecification) -> ServingError {
        ServingError(
            .invalidTensor,
            "the array holds \(what); input '\(target.name)' takes \(target.elementType)")
    }

    // MARK: Numbers

    private func numbers(_ type: ElementType, _ target: TensorSpecification, _ shape: Shape)
        throws(ServingError) -> Tensor
    {
        let wanted = target.elementType
        let isCut = type.isFloatingPoint && !wanted.isFloatingPoint
        guard wanted != .bytes, !isCut, (type == .bool) == (wanted == .bool) else {
            throw wrongType("\(type) numbers", target)
        }
        let memory = try TensorMemory.allocate(byteCount: shape.byteCount(of: wanted))
        if type == wanted, type != .bool, !header.isBigEndian, !header.isFortranOrder {
            bytes.withUnsafeBytes {
                memory.bytes.copyMemory(from: .init(rebasing: $0[header.dataOffset...]))
            }
            return Tensor(trusted: wanted, shape, memory.freeze())
        }
        var walk = ElementWalk(header.shape, isFortranOrder: header.isFortranOrder)
        for index in 0..<shape.elementCount {
            let offset = header.dataOffset + walk.next() * header.elementBytes
            let number = number(type, at: offset)
            guard number.store(as: wanted, at: index, in: memory.bytes) else {
                throw ServingError(
                    .invalidTensor,
                    "element \(index) of the array does not fit \(wanted), the type of input "
                        + "'\(target.name)'")
            }
        }
        return Tensor(trusted: wanted, shape, memory.freeze())
    }

    private func number(_ type: ElementType, at offset: Int) -> Number {
        var bits: UInt64 = 0
        for index in 0..<header.elementBytes {
            let position = header.isBigEndian ? index : header.elementBytes - 1 - index
            bits = bits << 8 | UInt64(bytes[offset + position])
        }
        switch type {
        case .float16:
            return .real(Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits))))
        case .float32: return .real(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
        case .float64: return .real(Double(bitPattern: bits))
        case .int8: return .signed(Int64(Int8(truncatingIfNeeded: bits)))
        case .int16: return .signed(Int64(Int16(truncatingIfNeeded: bits)))
        case .int32: return .signed(Int64(Int32(truncatingIfNeeded: bits)))
        case .int64: return .signed(Int64(bitPattern: bits))
        default: return .unsigned(bits)
        }
    }

    // MARK: Texts

    private func texts(_ shape: Shape) throws(ServingError) -> Tensor {
        var builder = BytesTensorBuilder()
        var walk = ElementWalk(header.shape, isFortranOrder: header.isFortranOrder)
        for index in 0..<shape.elementCount {
            let offset = header.dataOffset + walk.next() * header.elementBytes
            let element = bytes[offset..<offset + header.elementBytes]
            if header.kind == .byteStrings {
                try append(element, to: &builder)
            } else {
                try builder.append(try text(element, index))
            }
        }
        return try builder.finish(shape: shape)
    }

    private func append(_ element: ArraySlice<UInt8>, to builder: inout BytesTensorBuilder)
        throws(ServingError)
    {
        let end = element.lastIndex { $0 != 0 }.map { $0 + 1 } ?? element.startIndex
        try builder.append(contentsOf: element[..<end])
    }

    private func text(_ element: ArraySlice<UInt8>, _ index: Int) throws(ServingError) -> String {
        var scalars = String.UnicodeScalarView()
        var zeros = 0
        for start in stride(from: element.startIndex, to: element.endIndex, by: 4) {
            let value = (0..<4).reduce(UInt32(0)) {
                $0 << 8 | UInt32(element[start + (header.isBigEndian ? $1 : 3 - $1)])
            }
            guard let scalar = UnicodeScalar(value) else {
                throw ServingError(
                    .invalidRequest, "element \(index) of the array is no Unicode text")
            }
            guard value != 0 else {
                zeros += 1
                continue
            }
            // Zeros pad the end only; others are part of the text.
            scalars.append(contentsOf: repeatElement("\0", count: zeros))
            zeros = 0
            scalars.append(scalar)
        }
        return String(scalars)
    }
}

/// The positions in the file of an array's elements, in row-major order.
struct ElementWalk {
    private let dimensions: [Int]
    private let strides: [Int]
    private var indices: [Int]
    private var position = 0
    private let isFortranOrder: Bool

    init(_ shape: Shape, isFortranOrder: Bool) {
        dimensions = shape.dimensions
        // In Fortran order the first index varies fastest.
        var strides: [Int] = []
        var step = 1
        for dimension in shape.dimensions {
            strides.append(step)
            step &*= max(dimension, 1)
        }
        self.strides = strides
        indices = [Int](repeating: 0, count: shape.rank)
        self.isFortranOrder = isFortranOrder && shape.rank > 1
    }

    mutating func next() -> Int {
        let current = position
        guard isFortranOrder else {
            position += 1
            return current
        }
        for axis in dimensions.indices.reversed() {
            indices[axis] += 1
            position += strides[axis]
            if indices[axis] < dimensions[axis] { break }
            position -= strides[axis] * indices[axis]
            indices[axis] = 0
        }
        return current
    }
}
