import Inference
import NIOCore
import ServingCore
import Tensors
import Wire

/// Reads the body of a `:predict` call, with the rules and the words of TensorFlow Serving
/// (`json_tensor.cc`).
///
/// A good body is read in one pass. When that pass meets anything unusual, a second one looks at the
/// document as a whole first, so that the errors come in TensorFlow Serving's order.
enum TensorFlowServingRequestReader {
    typealias ReplyForm = TensorFlowServingPredict.ReplyForm

    /// Reads a body.
    ///
    /// - Throws: `invalid_request` for what is no JSON or has the wrong keys, `invalid_tensor` for
    ///   values that do not fit the model, `signature_not_found`.
    static func read(_ body: ByteBuffer, _ metadata: ModelMetadata) throws(ServingError)
        -> (InferenceRequest, ReplyForm)
    {
        guard body.readableBytes > 0 else {
            throw ServingError(.invalidRequest, "JSON Parse error: The document is empty")
        }
        return try body.withJSONScanner(.tensorFlowServing) { (scanner) throws(ServingError) in
            let start = scanner
            do throws(ServingError) {
                if let result = try readInOnePass(&scanner, metadata) { return result }
            } catch {
                // The second pass finds it again, or something that comes before it.
            }
            return try readDocument(start, metadata)
        }
    }

    /// Reads a document whose keys come once each and the signature's name before the tensors.
    ///
    /// Returns nil for any other document.
    private static func readInOnePass(_ scanner: inout JSONScanner, _ metadata: ModelMetadata)
        throws(ServingError) -> (InferenceRequest, ReplyForm)?
    {
        var signatureName: String?
        var result: (inputs: [NamedTensor], form: ReplyForm)?
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if key.equals("instances") {
                guard result == nil else { return nil }
                let signature = try metadata.signature(named: signatureName)
                result = (try TensorFlowServingRows.read(&scanner, signature), .rows)
            } else if key.equals("inputs") {
                guard result == nil else { return nil }
                let signature = try metadata.signature(named: signatureName)
                result = (try TensorFlowServingColumns.read(&scanner, signature), .columns)
            } else if key.equals("signature_name") {
                guard result == nil, signatureName == nil else { return nil }
                signatureName = try scanner.readString()
            } else {
                try scanner.skipValue()
            }
        }
        try scanner.finish()
        guard let result else { return nil }
        return (InferenceRequest(signatureName: signatureName, inputs: result.inputs), result.form)
    }

    /// Reads the document in TensorFlow Serving's order: all of the JSON, the signature, the tensors.
    private static func readDocument(_ start: JSONScanner, _ metadata: ModelMetadata)
        throws(ServingError) -> (InferenceRequest, ReplyForm)
    {
        let document = try TensorFlowServingDocument(start, keys: ["instances", "inputs"])
        let name = try document.signatureName()
        let signature = try metadata.signature(named: name)
        guard !signature.inputs.isEmpty else {
            throw ServingError(
                .invalidRequest,
                "Failed to get input map for signature: \(name?.clipped() ?? "DEFAULT")")
        }
        if var instances = document[0] {
            guard document[1] == nil else {
                throw document.complaint(
                    "Not formatted correctly expecting only one of 'inputs' or 'instances' keys "
                        + "to exist ")
            }
            try checkInstances(instances, document)
            let inputs = try TensorFlowServingRows.read(&instances, signature)
            return (InferenceRequest(signatureName: name, inputs: inputs), .rows)
        }
        guard var columns = document[1] else {
            throw ServingError(.invalidRequest, "Missing 'inputs' or 'instances' key")
        }
        let inputs = try TensorFlowServingColumns.read(&columns, signature)
        return (InferenceRequest(signatureName: name, inputs: inputs), .columns)
    }

    private static func checkInstances(_ place: JSONScanner, _ document: TensorFlowServingDocument)
        throws(ServingError)
    {
        var place = place
        guard try place.peekKind() == .array else {
            throw document.complaint("Expecting 'instances' to be an list/array")
        }
        try place.beginArray()
        guard try place.nextElement() else {
            throw document.complaint("No values in 'instances' array")
        }
    }
}
