import NIOCore
import ServingCore
import Tensors
import Wire

/// Reads `InferTensorContents`: a tensor as a repeated protobuf field of its type.
///
/// FP32 and FP64 that were written packed, in one piece, are borrowed from the message (copied once
/// where they are not aligned); integers are decoded once into memory of their own. Nothing is
/// allocated for elements that the message does not hold.
struct TypedContents {
    private let message: ModelInferMessage
    private let places: [Range<Int>]
    /// The one field that holds values, 1 to 8; nil when none does.
    let field: Int?
    /// Bytes of the values as they were written; a varint on its own counts as one.
    private let byteCount: Int
    /// Values in pieces: packed runs and single values.
    private let pieces: Int
    /// The place of the last piece that is a packed run or a string.
    private let lastPlace: Range<Int>?

    /// Looks through the contents of an input.
    ///
    /// - Throws: `invalid_request` for damage and for values of two types.
    init(_ input: ModelInferMessage.Input, in message: ModelInferMessage) throws(ServingError) {
        var field: Int?
        var byteCount = 0
        var pieces = 0
        var lastPlace: Range<Int>?
        for place in input.contents {
            try message.slice(place).withProtobufReader { (reader) throws(ServingError) in
                while let found = try reader.nextField() {
                    guard (1...8).contains(found) else {
                        try reader.skip()
                        continue
                    }
                    if reader.wireType == .lengthDelimited {
                        let range = try reader.range()
                        if range.isEmpty, found != 8 { continue }
                        byteCount += range.count
                        lastPlace =
                            place.lowerBound + range.lowerBound..<place.lowerBound
                            + range.upperBound
                    } else {
                        byteCount += Self.byteCountMinimum(of: reader.wireType)
                        try reader.skip()
                    }
                    guard field == nil || field == found else {
                        throw ServingError(
                            .invalidRequest,
                            "the contents of input '\(input.name.clipped())' hold values in more "
                                + "than one field; fill only the one of the input's datatype")
                    }
                    field = found
                    pieces += 1
                }
            }
        }
        self.message = message
        places = input.contents
        self.field = field
        self.byteCount = byteCount
        self.pieces = pieces
        self.lastPlace = lastPlace
    }

    private static func byteCountMinimum(of wireType: ProtobufReader.WireType) -> Int {
        switch wireType {
        case .fixed32: 4
        case .fixed64: 8
        default: 1
        }
    }

    /// The field that holds a type's values; nil for the types that only raw contents can carry.
    static func field(of type: ElementType) -> Int? {
        switch type {
        case .bool: 1
        case .int8, .int16, .int32: 2
        case .int64: 3
        case .uint8, .uint16, .uint32: 4
        case .uint64: 5
        case .float32: 6
        case .float64: 7
        case .bytes: 8
        case .float16, .bfloat16: nil
        }
    }

    /// The type after which a field is named.
    static func type(ofField field: Int) -> ElementType {
        switch field {
        case 1: .bool
        case 2: .int32
        case 3: .int64
        case 4: .uint32
        case 5: .uint64
        case 6: .float32
        case 7: .float64
        default: .bytes
        }
    }

    /// The values as a tensor.
    ///
    /// - Precondition: `field` is nil or that of the type.
    /// - Throws: `invalid_tensor` when their number is not the shape's or one does not fit the type.
    func tensor(_ type: ElementType, _ shape: Shape) throws(ServingError) -> Tensor {
        switch type {
        case .bool: try integers(as: UInt8.self, from: Bool.self, type, shape)
        case .int8: try integers(as: Int8.self, from: Int32.self, type, shape)
        case .int16: try integers(as: Int16.self, from: Int32.self, type, shape)
        case .int32: try integers(as: Int32.self, from: Int32.self, type, shape)
        case .int64: try integers(as: Int64.self, from: Int64.self, type, shape)
        case .uint8: try integers(as: UInt8.self, from: UInt32.self, type, shape)
        case .uint16: try integers(as: UInt16.self, from: UInt32.self, type, shape)
        case .uint32: try integers(as: UInt32.self, from: UInt32.self, type, shape)
        case .uint64: try integers(as: UInt64.self, from: UInt64.self, type, shape)
        case .float32, .float64, .float16, .bfloat16: try floats(type, shape)
        case .bytes: try strings(shape)
        }
    }

    private func forEachPiece(
        _ body: (inout ProtobufReader) throws(ServingError) -> Void
    ) throws(ServingError) {
        for place in places {
            try message.slice(place).withProtobufReader { (reader) throws(ServingError) in
                while let found = try reader.nextField() {
                    if found == field { try body(&reader) } else { try reader.skip() }
                }
            }
        }
    }

    private func floats(_ type: ElementType, _ shape: Shape) throws(ServingError) -> Tensor {
        let width = type.byteWidth ?? 1
        if pieces == 1, let lastPlace {
            return try Tensor(
                type, shape,
                try BinaryTensors.storage(of: message.slice(lastPlace), alignment: width))
        }
        let memory = try TensorMemory.allocate(byteCount: byteCount)
        var filled = 0
        func append(_ bytes: UnsafeRawBufferPointer) {
            UnsafeMutableRawBufferPointer(rebasing: memory.bytes[filled...])
                .copyMemory(from: bytes)
            filled += bytes.count
        }
        let isDouble = width == 8
        try forEachPiece { (reader) throws(ServingError) in
            if reader.wireType == .lengthDelimited {
                append(try reader.payload())
            } else if isDouble {
                withUnsafeBytes(of: try reader.fixed64().littleEndian) { append($0) }
            } else {
                withUnsafeBytes(of: try reader.fixed32().littleEndian) { append($0) }
            }
        }
        return try Tensor(type, shape, memory.freeze(count: filled))
    }

    private func integers<Element: FixedWidthInteger, Wire: VarintValue>(
        as: Element.Type, from: Wire.Type, _ type: ElementType, _ shape: Shape
    ) throws(ServingError) -> Tensor {
        // Each value takes a byte at least: a shape that claims more allocates nothing.
        guard byteCount >= shape.elementCount else {
            throw Self.wrongCount("at most \(byteCount)", type, shape)
        }
        let memory = try TensorMemory.allocate(byteCount: try shape.byteCount(of: type))
        var run = VarintRun<Element>(
            filling: memory.bytes.bindMemory(to: Element.self), typeName: type.openInferenceName)
        try forEachPiece { (reader) throws(ServingError) in
            if reader.wireType == .lengthDelimited {
                try run.append(packed: try reader.payload(), as: Wire.self)
            } else {
                try run.append(try reader.varint(), as: Wire.self)
            }
        }
        guard run.count == shape.elementCount else {
            throw Self.wrongCount("\(run.count)", type, shape)
        }
        return Tensor(trusted: type, shape, memory.freeze())
    }

    private func strings(_ shape: Shape) throws(ServingError) -> Tensor {
        guard pieces == shape.elementCount else {
            throw Self.wrongCount("\(pieces)", .bytes, shape)
        }
        let prefix = BytesElements.lengthPrefixBytes
        let memory = try TensorMemory.allocate(byteCount: byteCount + pieces * prefix)
        var offset = 0
        try forEachPiece { (reader) throws(ServingError) in
            let element = try reader.payload()
            guard let length = UInt32(exactly: element.count) else {
                throw ServingError(.invalidTensor, "a string has \(element.count) bytes; too many")
            }
            memory.bytes.storeBytes(of: length.littleEndian, toByteOffset: offset, as: UInt32.self)
            UnsafeMutableRawBufferPointer(rebasing: memory.bytes[(offset + prefix)...])
                .copyMemory(from: element)
            offset += prefix + element.count
        }
        return Tensor(trusted: .bytes, shape, memory.freeze())
    }

    private static func wrongCount(_ found: String, _ type: ElementType, _ shape: Shape)
        -> ServingError
    {
        ServingError(
            .invalidTensor,
            "expected \(shape.elementCount) \(type) elements for shape \(shape), got \(found)")
    }
}
