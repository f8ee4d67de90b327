import ServingCore
public import Tensors

/// An input of a model that is filled from the examples' features of its name.
public struct ExampleColumnSpecification: Hashable, Sendable {
    /// The name of the input and of the feature.
    public let name: String
    /// The type of the input's elements.
    public let elementType: ElementType
    /// The extents behind the batch dimension, nil where any will do; nil as a whole when the rank
    /// is open as well.
    public let rowDimensions: [Int?]?

    /// Describes an input.
    public init(name: String, elementType: ElementType, rowDimensions: [Int?]?) {
        self.name = name
        self.elementType = elementType
        self.rowDimensions = rowDimensions
    }
}

/// One input while the examples are read.
final class ExampleColumn {
    let specification: ExampleColumnSpecification
    private let memory: GrowableMemory
    /// The extents behind the batch dimension; nil until the first example has shown them.
    private var row: Shape?
    private var rows = 0
    private var values = 0

    init(_ specification: ExampleColumnSpecification, rows: Int) throws(ServingError) {
        self.specification = specification
        let dimensions = specification.rowDimensions
        guard let dimensions else {
            memory = try GrowableMemory(estimate: rows * 8)
            return
        }
        guard dimensions.count(where: { $0 == nil }) <= 1 else {
            throw ServingError(
                .unsupported,
                "input '\(specification.name)' leaves more than one extent open, and a feature has "
                    + "no shape; use ':predict'")
        }
        if !dimensions.contains(nil) { row = try Shape(dimensions.compactMap { $0 }) }
        let (estimate, overflow) = (row?.elementCount ?? 1).multipliedReportingOverflow(by: rows)
        memory = try GrowableMemory(estimate: overflow ? 0 : min(estimate, 1 << 20) * 8)
    }

    /// Adds the values of the next example.
    ///
    /// - Throws: `invalid_tensor` in the words of TensorFlow's example parser when the feature is
    ///   missing, of another type or of another size; `invalid_request` for damage.
    func append(_ feature: ExampleFeature?) throws(ServingError) {
        guard let feature, let kind = feature.kind else { throw missing }
        guard accepts(kind) else {
            throw problem(
                "Data types don't match. Data type: \(kind.typeName) but expected type: "
                    + specification.elementType.tensorFlowName)
        }
        values = 0
        try feature.forEachRun { (list) throws(ServingError) in
            switch kind {
            case .bytes: try append(bytes: list.payload())
            case .float: try appendFloats(&list)
            case .int64: try appendIntegers(&list)
            }
        }
        try checkCount(kind)
        rows += 1
    }

    /// Ends with the tensor, of shape [examples, ...].
    func finish() throws(ServingError) -> NamedTensor {
        let shape = try Shape([rows] + (row?.dimensions ?? []))
        return NamedTensor(
            specification.name,
            Tensor(trusted: specification.elementType, shape, memory.freeze()))
    }

    private func accepts(_ kind: ExampleFeature.Kind) -> Bool {
        switch kind {
        case .bytes: specification.elementType == .bytes
        case .float: specification.elementType.isFloatingPoint
        // JSON has no way to say that 1 is a float: integers are welcome where they are exact.
        case .int64: specification.elementType != .bytes
        }
    }

    private func checkCount(_ kind: ExampleFeature.Kind) throws(ServingError) {
        let row: Shape
        if let known = self.row { row = known } else { row = try inferredRow() }
        self.row = row
        guard values == row.elementCount else {
            throw problem(
                "Number of \(kind.typeName) values != expected.  Values size: \(values) "
                    + "but output shape: \(row)")
        }
    }

    /// The extents that the first example's number of values gives.
    private func inferredRow() throws(ServingError) -> Shape {
        guard let dimensions = specification.rowDimensions else { return try Shape([values]) }
        let known = try Shape(dimensions.compactMap { $0 }).elementCount
        let (open, rest) = known > 0 ? values.quotientAndRemainder(dividingBy: known) : (0, 0)
        guard rest == 0 else {
            throw problem(
                "\(values) values do not make rows of \(known), which input "
                    + "'\(specification.name)' has")
        }
        return try Shape(dimensions.map { $0 ?? open })
    }

    private var missing: ServingError {
        ServingError(
            .invalidTensor,
            "Name: <unknown>, Feature: \(specification.name) (data type: "
                + "\(specification.elementType.tensorFlowName)) is required but could not be found."
        )
    }

    private func problem(_ what: String) -> ServingError {
        ServingError(
            .invalidTensor,
            "Name: <unknown>, Key: \(specification.name), Index: \(rows).  \(what)")
    }
}

extension ExampleColumn {
    private func append(bytes: UnsafeRawBufferPointer) throws(ServingError) {
        guard let length = UInt32(exactly: bytes.count) else {
            throw problem("a value has \(bytes.count) bytes")
        }
        try append(bits: length)
        try memory.append(bytes)
        values += 1
    }

    /// Floats in one run (packed) or one alone.
    private func appendFloats(_ list: inout ProtobufReader) throws(ServingError) {
        guard list.wireType == .lengthDelimited else {
            try append(Float(bitPattern: list.fixed32()))
            values += 1
            return
        }
        let run = try list.payload()
        guard run.count % 4 == 0 else {
            throw problem("a packed list of floats has \(run.count) bytes")
        }
        if specification.elementType == .float32 {
            try memory.append(run)
        } else {
            for offset in stride(from: 0, to: run.count, by: 4) {
                let bits = run.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                try append(Float(bitPattern: UInt32(littleEndian: bits)))
            }
        }
        values += run.count / 4
    }

    private func appendIntegers(_ list: inout ProtobufReader) throws(ServingError) {
        guard list.wireType == .lengthDelimited else {
            try append(list.signed())
            values += 1
            return
        }
        var run = try list.packed()
        while !run.isAtEnd {
            try append(Int64(bitPattern: run.packedVarint()))
            values += 1
        }
    }

    private func append(_ value: Float) throws(ServingError) {
        switch specification.elementType {
        case .float64: try append(bits: Double(value).bitPattern)
        case .float16: try append(bits: Float16(value).bitPattern)
        case .bfloat16: try append(bits: Self.bfloat16(value))
        default: try append(bits: value.bitPattern)
        }
    }

    private func append(_ value: Int64) throws(ServingError) {
        switch specification.elementType {
        case .bool:
            guard value == 0 || value == 1 else { throw unfit(value) }
            try append(bits: UInt8(value))
        case .int8: try append(bits: exactly(value, as: Int8.self))
        case .int16: try append(bits: exactly(value, as: Int16.self))
        case .int32: try append(bits: exactly(value, as: Int32.self))
        case .int64: try append(bits: value)
        case .uint8: try append(bits: exactly(value, as: UInt8.self))
        case .uint16: try append(bits: exactly(value, as: UInt16.self))
        case .uint32: try append(bits: exactly(value, as: UInt32.self))
        case .uint64: try append(bits: exactly(value, as: UInt64.self))
        case .float64:
            guard let number = Double(exactly: value) else { throw unfit(value) }
            try append(bits: number.bitPattern)
        case .float16:
            guard let number = Float16(exactly: value) else { throw unfit(value) }
            try append(bits: number.bitPattern)
        case .float32, .bfloat16, .bytes:
            guard let number = Float(exactly: value) else { throw unfit(value) }
            if specification.elementType == .bfloat16 {
                guard number.bitPattern & 0xFFFF == 0 else { throw unfit(value) }
            }
            try append(number)
        }
    }

    private func exactly<Value: FixedWidthInteger>(_ value: Int64, as type: Value.Type)
        throws(ServingError) -> Value
    {
        guard let exact = Value(exactly: value) else { throw unfit(value) }
        return exact
    }

    private func unfit(_ value: Int64) -> ServingError {
        problem("\(value) is no exact \(specification.elementType.tensorFlowName)")
    }

    @inline(__always)
    private func append<Bits: FixedWidthInteger & BitwiseCopyable>(bits: Bits)
        throws(ServingError)
    {
        try withUnsafeBytes(of: bits.littleEndian) { (bytes) throws(ServingError) in
            try memory.append(bytes)
        }
    }

    /// The nearest number of 16 bits, ties to even.
    private static func bfloat16(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
        let rounded = UInt64(bits) + 0x7FFF + UInt64(bits >> 16 & 1)
        return UInt16(truncatingIfNeeded: rounded >> 16)
    }
}
