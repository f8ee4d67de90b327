public import Tensors

extension ElementType {
    /// The name in TensorFlow's messages: `float`, `int32`, `string`, `bool`, `half` and so on.
    public var tensorFlowName: String {
        switch self {
        case .bool: "bool"
        case .uint8: "uint8"
        case .uint16: "uint16"
        case .uint32: "uint32"
        case .uint64: "uint64"
        case .int8: "int8"
        case .int16: "int16"
        case .int32: "int32"
        case .int64: "int64"
        case .float16: "half"
        case .bfloat16: "bfloat16"
        case .float32: "float"
        case .float64: "double"
        case .bytes: "string"
        }
    }
}
