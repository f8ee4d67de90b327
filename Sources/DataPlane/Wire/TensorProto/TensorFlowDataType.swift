public import ServingCore
public import Tensors

/// A number of TensorFlow's `DataType` enumeration, known or not.
///
/// Source of the numbers: TensorFlow's `types.proto`.
public struct TensorFlowDataType: Hashable, Sendable {
    /// The number on the wire.
    public let number: Int32

    /// Takes a number as it came.
    public init(number: Int32) {
        self.number = number
    }

    /// The number of an element type.
    public init(_ type: ElementType) {
        number =
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

    /// The element type; nil for types that no tensor of ours can have.
    public var elementType: ElementType? {
        switch number {
        case 1: .float32
        case 2: .float64
        case 3: .int32
        case 4: .uint8
        case 5: .int16
        case 6: .int8
        case 7: .bytes
        case 9: .int64
        case 10: .bool
        case 14: .bfloat16
        case 17: .uint16
        case 19: .float16
        case 22: .uint32
        case 23: .uint64
        default: nil
        }
    }

    /// The element type.
    ///
    /// - Throws: `invalid_tensor` when none is set or the number is no data type; `unsupported`,
    ///   naming it, for a data type that this program does not serve.
    public func supported() throws(ServingError) -> ElementType {
        if let elementType { return elementType }
        guard number != 0 else {
            throw ServingError(.invalidTensor, "dtype is not set; give the tensor's data type")
        }
        guard let name = Self.name(of: number) else {
            throw ServingError(.invalidTensor, "dtype \(number) is no TensorFlow data type")
        }
        throw ServingError(
            .unsupported,
            "dtype \(name) is not served; the data types are numbers of 8 to 64 bits, DT_HALF, "
                + "DT_BFLOAT16, DT_BOOL and DT_STRING")
    }

    /// The name in the enumeration: `DT_FLOAT`; nil for a number that it does not have.
    public static func name(of number: Int32) -> String? {
        if number > 100, number <= 200 { return name(of: number - 100).map { "\($0)_REF" } }
        return names.indices.contains(Int(number)) ? names[Int(number)] : nil
    }

    private static let names = [
        "DT_INVALID", "DT_FLOAT", "DT_DOUBLE", "DT_INT32", "DT_UINT8", "DT_INT16", "DT_INT8",
        "DT_STRING", "DT_COMPLEX64", "DT_INT64", "DT_BOOL", "DT_QINT8", "DT_QUINT8", "DT_QINT32",
        "DT_BFLOAT16", "DT_QINT16", "DT_QUINT16", "DT_UINT16", "DT_COMPLEX128", "DT_HALF",
        "DT_RESOURCE", "DT_VARIANT", "DT_UINT32", "DT_UINT64", "DT_FLOAT8_E5M2",
        "DT_FLOAT8_E4M3FN", "DT_FLOAT8_E4M3FNUZ", "DT_FLOAT8_E4M3B11FNUZ", "DT_FLOAT8_E5M2FNUZ",
        "DT_INT4", "DT_UINT4", "DT_INT2", "DT_UINT2",
    ]
}
