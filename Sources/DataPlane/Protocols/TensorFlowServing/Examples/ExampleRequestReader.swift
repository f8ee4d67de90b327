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
            let members = try Members(start)
            var name: String?
            if var place = members.signatureName {
                guard try place.peekKind() == .string else {
                    throw complaint(
                        start,
                        "not formatted correctly. 'signature_name' key must be a string value.")
                }
                name = try place.readString()
            }
            var examples = JSONExampleReader()
            if var place = members.context { try examples.readContext(from: &place) }
            try readExamples(members.examples, start, into: &examples)
            return (name, examples.finish())
        }
    }

    private static func readExamples(
        _ place: JSONScanner?, _ start: JSONScanner, into examples: inout JSONExampleReader
    ) throws(ServingError) {
        guard var place else {
            // The original says "classify" whatever the method is.
            throw complaint(
                start, "When method is classify, key 'examples' is expected and was not found")
        }
        guard try place.peekKind() == .array else {
            throw complaint(start, "Expecting 'examples' value to be an list/array")
        }
        try place.beginArray()
        var isEmpty = true
        while try place.nextElement() {
            try examples.readNext(from: &place)
            isEmpty = false
        }
        if isEmpty { throw complaint(start, "'examples' value is an empty array") }
    }

    /// Where the values of the keys are that matter; the first of each, if one is repeated.
    private struct Members {
        var signatureName: JSONScanner?
        var context: JSONScanner?
        var examples: JSONScanner?

        /// Goes through the whole document, which must be an object.
        init(_ start: JSONScanner) throws(ServingError) {
            var scanner = start
            guard try scanner.peekKind() == .object else {
                try scanner.skipValue()
                throw complaint(start, "Is not object")
            }
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                let place = scanner
                if key.equals("signature_name") {
                    signatureName = signatureName ?? place
                } else if key.equals("context") {
                    context = context ?? place
                } else if key.equals("examples") {
                    examples = examples ?? place
                }
                try scanner.skipValue()
            }
            try scanner.finish()
        }
    }

    private static func complaint(_ place: JSONScanner, _ words: String) -> ServingError {
        ServingError(.invalidRequest, "JSON Value: \(place.valueDescription()) \(words)")
    }
}
