import CTorchShim
import Tensors

/// Element types by the numbers of `c10::ScalarType`, and by torch's names for them.
enum TorchElementType {
    private typealias Row = (type: ElementType, number: Int, names: [String])

    private static let rows: [Row] = [
        (.uint8, SLIPWAY_TORCH_UINT8, ["uint8"]),
        (.int8, SLIPWAY_TORCH_INT8, ["int8"]),
        (.int16, SLIPWAY_TORCH_INT16, ["int16", "short"]),
        (.int32, SLIPWAY_TORCH_INT32, ["int32", "int"]),
        (.int64, SLIPWAY_TORCH_INT64, ["int64", "long"]),
        (.float16, SLIPWAY_TORCH_FLOAT16, ["float16", "half"]),
        (.float32, SLIPWAY_TORCH_FLOAT32, ["float32", "float"]),
        (.float64, SLIPWAY_TORCH_FLOAT64, ["float64", "double"]),
        (.bool, SLIPWAY_TORCH_BOOL, ["bool"]),
        (.bfloat16, SLIPWAY_TORCH_BFLOAT16, ["bfloat16"]),
        (.uint16, SLIPWAY_TORCH_UINT16, ["uint16"]),
        (.uint32, SLIPWAY_TORCH_UINT32, ["uint32"]),
        (.uint64, SLIPWAY_TORCH_UINT64, ["uint64"]),
        (.bytes, SLIPWAY_TORCH_BYTES, ["str"]),
    ]

    /// The type with that number; nil for those that have no form as a tensor here.
    static func type(_ number: Int) -> ElementType? {
        rows.first { $0.number == number }?.type
    }

    /// The number that the shim knows a type by.
    static func number(_ type: ElementType) -> Int32 {
        // Every type has a row: a switch over all cases would only say it a second time.
        Int32(rows.first { $0.type == type }?.number ?? -1)
    }

    /// The type that `FP32`, `float32` or `torch.float32` names.
    static func type(named text: String) -> ElementType? {
        if let type = ElementType(openInferenceName: text) { return type }
        let name = text.hasPrefix("torch.") ? String(text.dropFirst("torch.".count)) : text
        return rows.first { $0.names.contains(name) }?.type
    }
}
