import Tensors

/// TensorFlow's numbers for element types (`types.proto`), and ours.
enum TensorFlowElementType {
    private static let table: [(number: Int32, type: ElementType)] = [
        (1, .float32), (2, .float64), (3, .int32), (4, .uint8), (5, .int16), (6, .int8),
        (7, .bytes), (9, .int64), (10, .bool), (14, .bfloat16), (17, .uint16), (19, .float16),
        (22, .uint32), (23, .uint64),
    ]
    private static let otherNames: [Int32: String] = [
        8: "complex64", 11: "qint8", 12: "quint8", 13: "qint32", 15: "qint16", 16: "quint16",
        18: "complex128", 20: "resource", 21: "variant", 24: "float8_e5m2", 25: "float8_e4m3fn",
        29: "int4", 30: "uint4",
    ]
    /// What is added to a type's number when a TensorFlow 1 graph means a reference to such values.
    private static let reference: Int32 = 100

    /// Our type; nil for one that no protocol carries.
    static func type(_ number: Int32) -> ElementType? {
        table.first { $0.number == value(number) }?.type
    }

    /// TensorFlow's number.
    static func number(_ type: ElementType) -> Int32 {
        switch type {
        case .float32: 1
        case .float64: 2
        case .int32: 3
        case .uint8: 4
        case .int16: 5
        case .int8: 6
        case .bytes: 7
        case .int64: 9
        case .bool: 10
        case .bfloat16: 14
        case .uint16: 17
        case .float16: 19
        case .uint32: 22
        case .uint64: 23
        }
    }

    /// The name in TensorFlow of a type that we do not have.
    static func name(_ number: Int32) -> String {
        otherNames[value(number)] ?? "number \(number)"
    }

    private static func value(_ number: Int32) -> Int32 {
        number > reference ? number - reference : number
    }
}
