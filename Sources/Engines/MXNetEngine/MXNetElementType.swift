import Tensors

/// MXNet's numbers of element types (`mshadow::TypeFlag`).
enum MXNetElementType {
    /// Types by number, from 0.
    private static let types: [ElementType] = [
        .float32, .float64, .float16, .uint8, .int32, .int8, .int64, .bool, .int16, .uint16,
        .uint32, .uint64, .bfloat16,
    ]

    /// Types that the library's operators and its copies in and out have in common.
    static let served: [ElementType] = [
        .float32, .float64, .float16, .uint8, .int32, .int8, .int64,
    ]

    /// The type of a number; nil for one that MXNet 1.9 does not have.
    static func type(_ number: Int) -> ElementType? {
        types.indices.contains(number) ? types[number] : nil
    }

    /// The number of a type; nil for byte strings.
    static func number(_ type: ElementType) -> Int? { types.firstIndex(of: type) }

    /// Bytes of an element.
    static func width(_ number: Int) -> Int? { type(number)?.byteWidth }

    /// The type with the name that MXNet and NumPy use: `float32`.
    static func named(_ name: String) -> ElementType? { served.first { self.name($0) == name } }

    /// NumPy's name.
    static func name(_ type: ElementType) -> String {
        switch type {
        case .float32: "float32"
        case .float64: "float64"
        case .float16: "float16"
        case .bfloat16: "bfloat16"
        default: type.openInferenceName.lowercased()
        }
    }
}
