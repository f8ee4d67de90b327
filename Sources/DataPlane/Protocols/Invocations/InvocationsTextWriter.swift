import NIOCore
import ServingCore
import Tensors
import Wire

/// Writes outputs a row a line: JSON Lines, and CSV without a header.
enum InvocationsTextWriter {
    /// Each line is what an element of `predictions` would be.
    ///
    /// - Throws: `invalid_request` when the outputs have no common rows.
    static func jsonLines(_ outputs: [NamedTensor]) throws(ServingError) -> ByteBuffer {
        let rows = try rowCount(of: outputs)
        var cursors = outputs.map { TensorRowCursor($0.tensor) }
        var body = ByteBuffer()
        for _ in 0..<rows {
            var writer = JSONWriter(into: body, options: InvocationsResponseWriter.options)
            try InvocationsResponseWriter.writeRow(outputs, &cursors, &writer)
            body = writer.finish()
            body.writeString("\n")
        }
        return body
    }

    /// Each line has the elements of all outputs' row, output after output.
    ///
    /// - Throws: `invalid_request` when the outputs have no common rows.
    static func csv(_ outputs: [NamedTensor]) throws(ServingError) -> ByteBuffer {
        let rows = try rowCount(of: outputs)
        var columns: [[Tensor]] = []
        for output in outputs {
            columns.append(
                try output.tensor.splittingRows([Int](repeating: 1, count: rows)))
        }
        var body = ByteBuffer()
        for row in 0..<rows {
            var isFirst = true
            for column in columns where column[row].shape.elementCount > 0 {
                if !isFirst { body.writeString(",") }
                isFirst = false
                try write(column[row], to: &body)
            }
            body.writeString("\n")
        }
        return body
    }

    private static func write(_ tensor: Tensor, to body: inout ByteBuffer) throws(ServingError) {
        guard tensor.elementType == .bytes else {
            // A flat JSON list without its brackets.
            var writer = JSONWriter(
                into: ByteBuffer(), options: InvocationsResponseWriter.options)
            try writer.flatTensor(tensor)
            let list = writer.finish()
            if let numbers = list.getSlice(
                at: list.readerIndex + 1, length: list.readableBytes - 2)
            {
                body.writeImmutableBuffer(numbers)
            }
            return
        }
        var isFirst = true
        for text in BytesElements.strings(in: tensor) {
            if !isFirst { body.writeString(",") }
            isFirst = false
            body.writeString(field(text))
        }
    }

    /// Quoted where RFC 4180 asks for it.
    private static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else {
            return text
        }
        return "\""
            + text.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }

    private static func rowCount(of outputs: [NamedTensor]) throws(ServingError) -> Int {
        guard let rows = InvocationsResponseWriter.rowCount(of: outputs) else {
            let shapes = outputs.map { "\($0.name) \($0.tensor.shape)" }.joined(separator: ", ")
            throw ServingError(
                .invalidRequest,
                "the outputs have no common rows (\(shapes)), so they cannot be written a row a "
                    + "line; accept JSON")
        }
        return rows
    }
}
