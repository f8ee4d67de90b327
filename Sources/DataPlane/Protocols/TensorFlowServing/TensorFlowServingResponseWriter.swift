import NIOCore
import ServingCore
import Tensors
import Wire

/// Writes the answer to a `:predict` call byte for byte as TensorFlow Serving does
/// (`json_tensor.cc`), but with the outputs in the model's order where that has a hash map's.
enum TensorFlowServingResponseWriter {
    /// Strings of an output whose name ends so are written as base64 objects.
    private static let bytesSuffix = "_bytes"

    /// Writes the outputs.
    ///
    /// - Throws: `invalid_tensor` when there are none, or when the row format is asked for outputs
    ///   that do not have the same number of rows.
    static func write(_ outputs: [NamedTensor], as form: TensorFlowServingPredict.ReplyForm)
        throws(ServingError) -> ByteBuffer
    {
        guard !outputs.isEmpty else {
            throw ServingError(.invalidTensor, "Cannot convert empty tensor map to JSON")
        }
        // Most numbers take no more than ten bytes with their separators.
        let expected = outputs.reduce(64) { $0 + min($1.tensor.storage.count, 1 << 26) * 3 }
        let buffer = ByteBufferAllocator().buffer(capacity: expected)
        var writer = JSONWriter(into: buffer, options: .tensorFlowServing)
        switch form {
        case .rows: try writeRows(outputs, &writer)
        case .columns: try writeColumns(outputs, &writer)
        }
        return writer.finish()
    }

    private static func writeRows(_ outputs: [NamedTensor], _ writer: inout JSONWriter)
        throws(ServingError)
    {
        let rows = try rowCount(of: outputs)
        var cursors = outputs.map { TensorRowCursor($0.tensor) }
        let isNamed = outputs.count > 1
        writer.beginObject()
        writer.key("predictions")
        writer.beginArray()
        for _ in 0..<rows {
            if isNamed { writer.beginObject() }
            writer.arraysOnOneLine = true
            for (index, output) in outputs.enumerated() {
                if isNamed { writer.key(output.name) }
                try writer.nextRow(of: &cursors[index], bytesAsBase64: isBytes(output))
            }
            writer.arraysOnOneLine = false
            if isNamed { writer.endObject() }
        }
        writer.endArray()
        writer.endObject()
    }

    private static func writeColumns(_ outputs: [NamedTensor], _ writer: inout JSONWriter)
        throws(ServingError)
    {
        let isNamed = outputs.count > 1
        writer.beginObject()
        writer.key("outputs")
        if isNamed { writer.beginObject() }
        for output in outputs {
            if isNamed { writer.key(output.name) }
            try writer.tensor(output.tensor, bytesAsBase64: isBytes(output))
        }
        if isNamed { writer.endObject() }
        writer.endObject()
    }

    private static func rowCount(of outputs: [NamedTensor]) throws(ServingError) -> Int {
        var rows: Int?
        for output in outputs {
            guard let leading = output.tensor.shape.leadingDimension else {
                throw ServingError(
                    .invalidTensor, "Tensor name: \(output.name) has no shape information ")
            }
            if let rows, rows != leading {
                throw ServingError(
                    .invalidTensor,
                    "Tensor name: \(output.name) has inconsistent batch size: \(leading) "
                        + "expecting: \(rows)")
            }
            rows = leading
        }
        return rows ?? 0
    }

    private static func isBytes(_ output: NamedTensor) -> Bool {
        output.tensor.elementType == .bytes && output.name.hasSuffix(bytesSuffix)
    }
}
