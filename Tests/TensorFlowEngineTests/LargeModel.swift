/// Writes a SavedModel y = x * weights of any size, field by field, the weights in the graph.
///
/// Source of the field numbers: `saved_model.proto`, `meta_graph.proto`, `graph.proto`,
/// `attr_value.proto`, `tensor.proto`.
enum LargeModel {
    /// A complete file; the weights are small numbers that differ.
    static func bytes(rows: Int, columns: Int) -> [UInt8] {
        let weights = (0..<rows * columns).map { Float($0 % 251) / 251 }
        let content = weights.withUnsafeBytes { Array($0) }
        let tensor = varint(1, 1) + field(2, shape([rows, columns])) + field(4, content)
        let type = varint(6, 1)
        let placeholder =
            field(1, "x") + field(2, "Placeholder") + attribute("dtype", type)
            + attribute("shape", field(7, shape([-1, rows])))
        let constant =
            field(1, "w") + field(2, "Const") + attribute("dtype", type)
            + attribute("value", field(8, tensor))
        let product =
            field(1, "y") + field(2, "MatMul") + field(3, "x") + field(3, "w")
            + attribute("T", type)
        let graph =
            field(1, placeholder) + field(1, constant) + field(1, product)
            + field(4, varint(1, 1000))
        let signature =
            field(1, entry("x", information("x:0", [-1, rows])))
            + field(2, entry("y", information("y:0", [-1, columns])))
        let meta =
            field(1, field(4, "serve")) + field(2, graph)
            + field(5, entry("serving_default", signature))
        return varint(1, 1) + field(2, meta)
    }

    private static func information(_ name: String, _ extents: [Int]) -> [UInt8] {
        field(1, name) + varint(2, 1) + field(3, shape(extents))
    }

    private static func shape(_ extents: [Int]) -> [UInt8] {
        extents.flatMap { field(2, varint(1, $0)) }
    }

    private static func attribute(_ name: String, _ value: [UInt8]) -> [UInt8] {
        field(5, entry(name, value))
    }

    private static func entry(_ key: String, _ value: [UInt8]) -> [UInt8] {
        field(1, key) + field(2, value)
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
        var rest = UInt64(bitPattern: Int64(value))
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
