import ServingCore
import Tensors

/// One of the repeated fields of a `TensorProto` that hold its elements one by one.
struct TypedField {
    /// How the values are written.
    enum Encoding {
        /// Little-endian, so many bytes each.
        case fixed(Int)
        case varint
        case bytes
    }

    /// The field's number.
    let number: Int
    /// Its name, for messages.
    let name: StaticString
    /// How its values are written.
    let encoding: Encoding

    /// The field that holds the elements of a type.
    init(for type: ElementType) {
        switch type {
        case .float32: self.init(5, "float_val", .fixed(4))
        case .float64: self.init(6, "double_val", .fixed(8))
        case .int8, .int16, .int32, .uint8, .uint16: self.init(7, "int_val", .varint)
        case .bytes: self.init(8, "string_val", .bytes)
        case .int64: self.init(10, "int64_val", .varint)
        case .bool: self.init(11, "bool_val", .varint)
        case .float16, .bfloat16: self.init(13, "half_val", .varint)
        case .uint32: self.init(16, "uint32_val", .varint)
        case .uint64: self.init(17, "uint64_val", .varint)
        }
    }

    private init(_ number: Int, _ name: StaticString, _ encoding: Encoding) {
        self.number = number
        self.name = name
        self.encoding = encoding
    }

    /// Calls `body` with the bytes of each occurrence of the field in a message, in order: of many
    /// values for a packed one, of one value for another.
    ///
    /// - Throws: `invalid_request` for damage or a wire type that the field cannot have.
    func forEachRun(
        in reader: inout ProtobufReader,
        _ body: (UnsafeRawBufferPointer, Range<Int>) throws(ServingError) -> Void
    ) throws(ServingError) {
        while let field = try reader.nextField() {
            let start = reader.offset
            guard field == number else {
                try reader.skip()
                continue
            }
            var range = start..<start
            switch (reader.wireType, encoding) {
            case (.lengthDelimited, _): range = try reader.range()
            case (.fixed32, .fixed(4)), (.fixed64, .fixed(8)), (.varint, .varint):
                try reader.skip()
                range = start..<reader.offset
            default:
                throw ServingError(
                    .invalidRequest,
                    "the message is no valid protobuf: \(name) has wire type \(reader.wireType)")
            }
            try body(UnsafeRawBufferPointer(rebasing: reader.bytes[range]), range)
        }
    }

    /// How many values there are, and where they lie when they lie in one piece.
    struct Extent {
        var values = 0
        var runs = 0
        /// The latest run.
        var range = 0..<0
        /// Bytes of all runs.
        var bytes = 0
    }

    /// Counts the values of a message without reading them.
    ///
    /// - Throws: `invalid_request` for damage and for a run that ends inside a value.
    func extent(in reader: ProtobufReader) throws(ServingError) -> Extent {
        var reader = reader
        var extent = Extent()
        try forEachRun(in: &reader) { (run, range) throws(ServingError) in
            extent.values += try values(in: run)
            extent.bytes += run.count
            extent.runs += 1
            extent.range = range
        }
        return extent
    }

    private func values(in run: UnsafeRawBufferPointer) throws(ServingError) -> Int {
        switch encoding {
        case .bytes: return 1
        case .fixed(let width):
            guard run.count % width == 0 else { throw cutShort }
            return run.count / width
        case .varint:
            guard (run.last ?? 0) < 0x80 else { throw cutShort }
            var ends = 0
            for byte in run { ends &+= Int(~byte >> 7) }
            return ends
        }
    }

    private var cutShort: ServingError {
        ServingError(
            .invalidRequest, "the message is no valid protobuf: \(name) ends inside a value")
    }

    /// Compares the values with the elements that a shape has.
    ///
    /// - Parameter filledBytes: What the tensor takes when values are repeated to fill it.
    /// - Throws: `invalid_tensor` for too many values, or too few to fill it out from.
    func check(_ values: Int, _ shape: Shape, filledBytes: Int) throws(ServingError) {
        guard values <= shape.elementCount else {
            throw ServingError(
                .invalidTensor,
                "\(name) has \(values) values, but shape \(shape) has \(shape.elementCount) "
                    + "elements")
        }
        guard values == shape.elementCount || filledBytes <= Limits.filledTensorBytesMaximum else {
            throw ServingError(
                .invalidTensor,
                "\(name) has \(values) values for the \(shape.elementCount) elements of shape "
                    + "\(shape); tensors beyond \(Limits.filledTensorBytesMaximum) bytes are not "
                    + "filled out, send all values")
        }
    }
}
