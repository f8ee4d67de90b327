import Glibc
import ServingCore
import Tensors

/// The output parameter `classification`: the highest values of each row as
/// `"<value>:<index>[:<label>]"`, highest first.
enum ClassificationOutput {
    /// Ranks a tensor.
    ///
    /// Dimension 0 is the batch if the model batches; the rest is one row of classes. The result is
    /// BYTES of shape `[k]`, or `[rows, k]` with a batch, with `k` at most the classes of a row.
    /// Equal values come in the order of their index, and NaN after all numbers.
    ///
    /// - Throws: `invalid_request` for types that cannot be ranked, and rows beyond
    ///   `Limits.classificationElementsMaximum`.
    static func ranked(_ tensor: Tensor, count: Int, hasBatch: Bool, labels: [String])
        throws(ServingError) -> Tensor
    {
        let hasBatch = hasBatch && tensor.shape.rank > 0
        let rows = hasBatch ? tensor.shape.dimensions[0] : 1
        let classes = hasBatch ? tensor.shape.elementsPerRow : tensor.shape.elementCount
        guard classes <= Limits.classificationElementsMaximum else {
            throw ServingError(
                .invalidRequest,
                "classification output tensor too large: \(classes) classes, at most "
                    + "\(Limits.classificationElementsMaximum)")
        }
        let kept = min(count, classes)
        var builder = BytesTensorBuilder()
        for row in 0..<rows {
            let range = row * classes..<(row + 1) * classes
            for entry in try ranking(of: tensor, range, kept) {
                let label = entry.index < labels.count ? ":" + labels[entry.index] : ""
                try builder.append("\(entry.text):\(entry.index)\(label)")
            }
        }
        return try builder.finish(shape: try Shape(hasBatch ? [rows, kept] : [kept]))
    }

    private struct Entry {
        let index: Int
        let text: String
    }

    private static func ranking(of tensor: Tensor, _ range: Range<Int>, _ kept: Int)
        throws(ServingError) -> [Entry]
    {
        switch tensor.elementType {
        case .float32: floats(tensor, range, kept, Float.self)
        case .float64: floats(tensor, range, kept, Double.self)
        case .int8: integers(tensor, range, kept, Int8.self)
        case .int16: integers(tensor, range, kept, Int16.self)
        case .int32: integers(tensor, range, kept, Int32.self)
        case .int64: integers(tensor, range, kept, Int64.self)
        case .uint8: integers(tensor, range, kept, UInt8.self)
        case .uint16: integers(tensor, range, kept, UInt16.self)
        case .uint32: integers(tensor, range, kept, UInt32.self)
        case .uint64: integers(tensor, range, kept, UInt64.self)
        case .bool, .float16, .bfloat16, .bytes:
            throw ServingError(
                .invalidRequest,
                "class result not available for output due to unsupported type "
                    + "'\(tensor.elementType)'")
        }
    }

    private static func floats<Number: BinaryFloatingPoint & BitwiseCopyable>(
        _ tensor: Tensor, _ range: Range<Int>, _ kept: Int, _ type: Number.Type
    ) -> [Entry] {
        let values = Self.values(tensor, range, type)
        let order = values.indices.sorted { left, right in
            if values[left].isNaN || values[right].isNaN {
                return values[left].isNaN == values[right].isNaN
                    ? left < right : values[right].isNaN
            }
            return values[left] == values[right] ? left < right : values[left] > values[right]
        }
        return order.prefix(kept).map { Entry(index: $0, text: text(Double(values[$0]))) }
    }

    private static func integers<Number: FixedWidthInteger & BitwiseCopyable>(
        _ tensor: Tensor, _ range: Range<Int>, _ kept: Int, _ type: Number.Type
    ) -> [Entry] {
        let values = Self.values(tensor, range, type)
        let order = values.indices.sorted { left, right in
            values[left] == values[right] ? left < right : values[left] > values[right]
        }
        return order.prefix(kept).map { Entry(index: $0, text: String(values[$0])) }
    }

    private static func values<Number: BitwiseCopyable>(
        _ tensor: Tensor, _ range: Range<Int>, _ type: Number.Type
    ) -> [Number] {
        let width = MemoryLayout<Number>.stride
        return tensor.storage.withUnsafeBytes { bytes in
            range.map { bytes.loadUnaligned(fromByteOffset: $0 * width, as: type) }
        }
    }

    /// As C++'s `std::to_string`, which Triton uses: six decimals.
    private static func text(_ value: Double) -> String {
        var buffer = [CChar](repeating: 0, count: 352)
        let count = withVaList([value]) { vsnprintf(&buffer, buffer.count, "%f", $0) }
        return String(
            decoding: buffer.prefix(max(0, Int(count))).map { UInt8(bitPattern: $0) },
            as: UTF8.self)
    }
}
