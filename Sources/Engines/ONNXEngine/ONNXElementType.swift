import Tensors

/// ONNX's numbers for element types (`ONNXTensorElementDataType`), and ours.
enum ONNXElementType {
    private static let table: [(number: Int32, type: ElementType)] = [
        (1, .float32), (2, .uint8), (3, .int8), (4, .uint16), (5, .int16), (6, .int32),
        (7, .int64), (8, .bytes), (9, .bool), (10, .float16), (11, .float64), (12, .uint32),
        (13, .uint64), (16, .bfloat16),
    ]
    private static let otherNames: [Int32: String] = [
        14: "complex64", 15: "complex128", 17: "float8e4m3fn", 18: "float8e4m3fnuz",
        19: "float8e5m2", 20: "float8e5m2fnuz", 21: "uint4", 22: "int4", 23: "float4e2m1",
        24: "uint2", 25: "int2",
    ]

    /// Our type; nil for one that no protocol carries.
    static func type(_ number: Int32) -> ElementType? {
        table.first { $0.number == number }?.type
    }

    /// ONNX's number.
    static func number(_ type: ElementType) -> Int32 {
        switch type {
        case .float32: 1
        case .uint8: 2
        case .int8: 3
        case .uint16: 4
        case .int16: 5
        case .int32: 6
        case .int64: 7
        case .bytes: 8
        case .bool: 9
        case .float16: 10
        case .float64: 11
        case .uint32: 12
        case .uint64: 13
        case .bfloat16: 16
        }
    }

    /// The name in ONNX of a type that we do not have.
    static func name(_ number: Int32) -> String { otherNames[number] ?? "number \(number)" }
}
