/// The type of a tensor's elements: every data type of the Open Inference Protocol, plus BF16.
public enum ElementType: UInt8, Hashable, Sendable, CaseIterable {
    case bool
    case uint8, uint16, uint32, uint64
    case int8, int16, int32, int64
    case float16, bfloat16, float32, float64
    /// Byte strings of any length; text is UTF-8.
    case bytes

    /// Bytes of one element in memory and on the wire; nil for `bytes`, whose elements vary.
    @inlinable
    public var byteWidth: Int? {
        switch self {
        case .bool, .uint8, .int8: 1
        case .uint16, .int16, .float16, .bfloat16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .bytes: nil
        }
    }

    /// Whether elements are binary floating-point numbers.
    public var isFloatingPoint: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }

    /// The name in the Open Inference Protocol: `FP32`, `INT64`, `BYTES` and so on.
    public var openInferenceName: String {
        switch self {
        case .bool: "BOOL"
        case .uint8: "UINT8"
        case .uint16: "UINT16"
        case .uint32: "UINT32"
        case .uint64: "UINT64"
        case .int8: "INT8"
        case .int16: "INT16"
        case .int32: "INT32"
        case .int64: "INT64"
        case .float16: "FP16"
        case .bfloat16: "BF16"
        case .float32: "FP32"
        case .float64: "FP64"
        case .bytes: "BYTES"
        }
    }

    /// Finds the type with that Open Inference Protocol name; nil when there is none.
    public init?(openInferenceName name: some StringProtocol) {
        guard let type = Self.allCases.first(where: { $0.openInferenceName == name }) else {
            return nil
        }
        self = type
    }
}

extension ElementType: CustomStringConvertible {
    public var description: String { openInferenceName }
}
