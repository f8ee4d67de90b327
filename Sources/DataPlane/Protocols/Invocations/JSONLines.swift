import Inference
import NIOCore
import ServingCore
import Tensors
import Wire

/// Reads JSON Lines: a row a line, in the forms that an element of `instances` may have.
enum JSONLines {
    /// Reads the rows; lines without anything but white space are passed over.
    ///
    /// - Throws: `invalid_request` for a line that is no JSON, `invalid_tensor` for one that does
    ///   not fit the model.
    static func read(_ body: ByteBuffer, _ signature: ModelSignature) throws(ServingError)
        -> [NamedTensor]
    {
        try list(of: body).withJSONScanner(InvocationsDocument.dialect) {
            (scanner) throws(ServingError) in
            let tensors = try TensorFlowServingRows.read(&scanner, signature)
            try scanner.finish()
            return tensors
        }
    }

    /// The lines as one JSON list. JSON has no line break inside a string, so each line that holds
    /// anything ends with a value, or the list is no JSON.
    private static func list(of body: ByteBuffer) -> ByteBuffer {
        var list = ByteBuffer()
        list.reserveCapacity(body.readableBytes + 2)
        list.writeInteger(UInt8(ascii: "["))
        var isFirst = true
        // Line by line: a list of all lines would take many times the bytes of short ones.
        var rest = body.readableBytesView
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(line.count + 1)
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            if !isFirst { list.writeInteger(UInt8(ascii: ",")) }
            list.writeBytes(line)
            isFirst = false
        }
        list.writeInteger(UInt8(ascii: "]"))
        return list
    }
}
