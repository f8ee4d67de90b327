import NIOCore
import ServingCore
import Wire

/// Reads the body of a `:classify` or `:regress` call, with the rules and the words of TensorFlow
/// Serving (`json_tensor.cc`).
enum ExampleRequestReader {
    /// Reads a body: `signature_name`, `context`, `examples`.
    ///
    /// - Throws: `invalid_request` for what is no JSON or has the wrong keys; `invalid_tensor` for
    ///   examples whose features cannot be.
    static func read(_ body: ByteBuffer) throws(ServingError) -> (
        signatureName: String?, examples: ExampleInput
    ) {
        guard body.readableBytes > 0 else {
            throw ServingError(.invalidRequest, "JSON Parse error: The document is empty")
        }
        return try body.withJSONScanner(.tensorFlowServing) { (start) throws(ServingError) in
            let document = try TensorFlowServingDocument(start, keys: ["context", "examples"])
            let name = try document.signatureName()
            var examples = JSONExampleReader()
            if var place = document[0] { try examples.readContext(from: &place) }
            try readExamples(document, into: &examples)
            return (name, examples.finish())
        }
    }

    private static func readExamples(
        _ document: TensorFlowServingDocument, into examples: inout JSONExampleReader
    ) throws(ServingError) {
        guard var place = document[1] else {
            // The original says "classify" whatever the method is.
            throw document.complaint(
                "When method is classify, key 'examples' is expected and was not found")
        }
        guard try place.peekKind() == .array else {
            throw document.complaint("Expecting 'examples' value to be an list/array")
        }
        try place.beginArray()
        var isEmpty = true
        while try place.nextElement() {
            try examples.readNext(from: &place)
            isEmpty = false
        }
        if isEmpty { throw document.complaint("'examples' value is an empty array") }
    }
}
