import NIOCore
import ServingCore
import Tensors
import Wire

/// Writes `{"predictions": …}`, the JSON answer of MLflow, SageMaker and KServe's first protocol.
enum InvocationsResponseWriter {
    /// Python's readers take NaN and infinities as these words, and MLflow's clients are Python's.
    static let options = JSONWriter.Options(
        style: .compact, floatFormat: .shortest, nonFinite: .token, invalidUTF8: .replace)

    /// A list with an element for each row: the value of the only output, or an object of all.
    ///
    /// Outputs that have no common rows come as columns instead.
    ///
    /// - Throws: `engine_failed` for values that have no JSON form.
    static func rows(_ outputs: [NamedTensor], nonFinite: JSONWriter.NonFinite = .token)
        throws(ServingError) -> ByteBuffer
    {
        guard let rows = rowCount(of: outputs) else { return try columns(outputs, nonFinite) }
        var writer = makeWriter(for: outputs, nonFinite)
        var cursors = outputs.map { TensorRowCursor($0.tensor) }
        writer.beginObject()
        writer.key("predictions")
        writer.beginArray()
        for _ in 0..<rows { try writeRow(outputs, &cursors, &writer) }
        writer.endArray()
        writer.endObject()
        return writer.finish()
    }

    /// The only output as a whole, or an object of all.
    ///
    /// - Throws: As `rows`.
    static func columns(_ outputs: [NamedTensor], _ nonFinite: JSONWriter.NonFinite = .token)
        throws(ServingError) -> ByteBuffer
    {
        var writer = makeWriter(for: outputs, nonFinite)
        let isNamed = outputs.count != 1
        writer.beginObject()
        writer.key("predictions")
        if isNamed { writer.beginObject() }
        for output in outputs {
            if isNamed { writer.key(output.name) }
            try writer.tensor(output.tensor, bytesAsBase64: isBytes(output))
        }
        if isNamed { writer.endObject() }
        writer.endObject()
        return writer.finish()
    }

    /// Writes the next row of all outputs.
    static func writeRow(
        _ outputs: [NamedTensor], _ cursors: inout [TensorRowCursor], _ writer: inout JSONWriter
    ) throws(ServingError) {
        let isNamed = outputs.count != 1
        if isNamed { writer.beginObject() }
        for (index, output) in outputs.enumerated() {
            if isNamed { writer.key(output.name) }
            try writer.nextRow(of: &cursors[index], bytesAsBase64: isBytes(output))
        }
        if isNamed { writer.endObject() }
    }

    /// How many rows all outputs have; nil when they differ or one has no rows at all.
    static func rowCount(of outputs: [NamedTensor]) -> Int? {
        guard let first = outputs.first?.tensor.shape.leadingDimension,
            outputs.allSatisfy({ $0.tensor.shape.leadingDimension == first })
        else { return nil }
        return first
    }

    /// Strings of such an output are written as base64 objects, as TensorFlow Serving does.
    private static func isBytes(_ output: NamedTensor) -> Bool {
        output.tensor.elementType == .bytes && output.name.hasSuffix("_bytes")
    }

    private static func makeWriter(
        for outputs: [NamedTensor], _ nonFinite: JSONWriter.NonFinite
    ) -> JSONWriter {
        var options = options
        options.nonFinite = nonFinite
        let expected = outputs.reduce(64) { $0 + min($1.tensor.storage.count, 1 << 26) * 3 }
        return JSONWriter(
            into: ByteBufferAllocator().buffer(capacity: expected), options: options)
    }
}
