/// Writes an ONNX file y = x * weights of any size, field by field.
///
/// Source of the field numbers: `onnx.proto`.
enum LargeModel {
    /// A complete file; the weights are small numbers that differ.
    static func bytes(rows: Int, columns: Int) -> [UInt8] {
        let weights = (0..<rows * columns).map { Float($0 % 251) / 251 }
        let data = weights.withUnsafeBytes { Array($0) }
        let tensor =
            varint(1, rows) + varint(1, columns) + varint(2, 1) + field(8, "w") + field(9, data)
        let node =
            field(1, "x") + field(1, "w") + field(2, "y") + field(4, "MatMul")
        let graph =
            field(1, node) + field(2, "large") + field(5, tensor)
            + field(11, declaration("x", columns: rows))
            + field(12, declaration("y", columns: columns))
        return varint(1, 8) + field(7, graph) + field(8, varint(2, 17))
    }

    /// A float matrix with any number of rows.
    private static func declaration(_ name: String, columns: Int) -> [UInt8] {
        let shape = field(1, field(2, "N")) + field(1, varint(1, columns))
        let type = field(1, varint(1, 1) + field(2, shape))
        return field(1, name) + field(2, type)
    }

    private static func field(_ number: Int, _ text: String) -> [UInt8] {
        field(number, Array(text.utf8))
    }

    private static func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        encoded(number << 3 | 2) + encoded(content.count) + content
    }

    private static func varint(_ number: Int, _ value: Int) -> [UInt8] {
        encoded(number << 3) + encoded(value)
    }

    private static func encoded(_ value: Int) -> [UInt8] {
        var rest = UInt(bitPattern: value)
        var result: [UInt8] = []
        while rest >= 0x80 {
            result.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return result + [UInt8(rest)]
    }
}
