import Inference
import NIOCore
import ServingCore
import Tensors
import Wire

/// Reads the JSON of a request: MLflow's four forms, TensorFlow Serving's two among them, and a bare
/// list of rows.
enum InvocationsDocument {
    typealias Layout = InvocationsPredict.ReplyForm.Layout

    /// Numbers may be NaN and infinite, as Python writes them; nothing may follow the document.
    static let dialect = JSONDialect(allowsNonFiniteNumbers: true, allowsTrailingBytes: false)
    private static let forms = ["dataframe_split", "dataframe_records", "instances", "inputs"]

    /// Reads a body.
    ///
    /// - Throws: `invalid_request` for what is no JSON or has the wrong keys, `invalid_tensor` for
    ///   values that do not fit the model, `signature_not_found`.
    static func read(_ body: ByteBuffer, _ metadata: ModelMetadata) throws(ServingError)
        -> (InferenceRequest, Layout)
    {
        try body.withJSONScanner(dialect) { (scanner) throws(ServingError) in
            if try scanner.peekKind() == .array {
                let inputs = try rows(&scanner, metadata.defaultSignature, "the list")
                try scanner.finish()
                return (InferenceRequest(inputs: inputs), .rows)
            }
            let members = try Members(&scanner)
            try members.refuseParameters()
            let name = try members.signature()
            let signature = try metadata.signature(named: name)
            guard var place = members.tensors else {
                throw ServingError(
                    .invalidRequest,
                    "the JSON object has none of the keys \(forms.joined(separator: ", "))")
            }
            let (inputs, layout) = try tensors(&place, members.form, signature)
            return (InferenceRequest(signatureName: name, inputs: inputs), layout)
        }
    }

    private static func tensors(
        _ place: inout JSONScanner, _ form: String, _ signature: ModelSignature
    ) throws(ServingError) -> ([NamedTensor], Layout) {
        switch form {
        case "dataframe_split": return (try DataFrame.readSplit(&place, signature), .rows)
        case "dataframe_records": return (try DataFrame.readRecords(&place, signature), .rows)
        case "instances": return (try rows(&place, signature, "'instances'"), .rows)
        default:
            // MLflow takes a list of objects, one a row, under this key as well.
            if try isListOfObjects(place) {
                return (try rows(&place, signature, "'inputs'"), .rows)
            }
            return (try TensorFlowServingColumns.read(&place, signature), .columns)
        }
    }

    private static func rows(
        _ place: inout JSONScanner, _ signature: ModelSignature, _ what: String
    ) throws(ServingError) -> [NamedTensor] {
        guard try place.peekKind() == .array else {
            throw ServingError(
                .invalidRequest, "\(what) is \(place.valueDescription()), not a list of rows")
        }
        return try TensorFlowServingRows.read(&place, signature)
    }

    private static func isListOfObjects(_ place: JSONScanner) throws(ServingError) -> Bool {
        var place = place
        guard try place.peekKind() == .array else { return false }
        try place.beginArray()
        guard try place.nextElement() else { return false }
        return try place.peekKind() == .object && !place.isBase64Object
    }

    /// Whether a body is an Open Inference request: `inputs` is a list of objects with `name` and
    /// `datatype`.
    static func isOpenInference(_ body: ByteBuffer) throws(ServingError) -> Bool {
        let first = body.readableBytesView.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        guard first == UInt8(ascii: "{") else { return false }
        return try PredictBodyDecoder.isOpenInference(body)
    }

    /// Where the values of the keys are that matter.
    private struct Members {
        /// The value of the one key that holds tensors.
        private(set) var tensors: JSONScanner?
        /// That key.
        private(set) var form = ""
        private var signatureName: JSONScanner?
        private var parameters: JSONScanner?

        /// Goes through the whole document.
        init(_ scanner: inout JSONScanner) throws(ServingError) {
            guard try scanner.peekKind() == .object else {
                throw ServingError(
                    .invalidRequest,
                    "the body is \(scanner.valueDescription()), not a JSON object or a list of rows"
                )
            }
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                if let known = forms.first(where: { key.equals($0) }) {
                    guard tensors == nil else {
                        throw ServingError(
                            .invalidRequest,
                            "the JSON object has both '\(form)' and '\(known)'; give one")
                    }
                    form = known
                    tensors = scanner
                } else if key.equals("signature_name") {
                    signatureName = scanner
                } else if key.equals("params") {
                    parameters = scanner
                } else {
                    throw InvocationsDocument.unknown(key.string)
                }
                try scanner.skipValue()
            }
            try scanner.finish()
        }

        /// The signature that is asked for.
        func signature() throws(ServingError) -> String? {
            guard var place = signatureName else { return nil }
            guard try place.peekKind() == .string else {
                throw ServingError(
                    .invalidRequest,
                    "'signature_name' is \(place.valueDescription()), not a string")
            }
            return try place.readString()
        }

        /// Models here have no parameters beside their inputs, so only an empty object is taken.
        func refuseParameters() throws(ServingError) {
            guard var place = parameters, try place.peekKind() != .null else { return }
            guard try place.peekKind() == .object else {
                throw ServingError(
                    .invalidRequest, "'params' is \(place.valueDescription()), not an object")
            }
            try place.beginObject()
            guard let key = try place.nextKey() else { return }
            throw ServingError(
                .invalidRequest,
                "the model takes no parameters, but 'params' has '\(key.string.clipped())'; leave "
                    + "'params' out")
        }
    }

    private static func unknown(_ key: String) -> ServingError {
        ServingError(
            .invalidRequest,
            "unknown key '\(key.clipped())'"
                + NearestName.hint(for: key, among: forms + ["signature_name", "params"])
                + "; the JSON object has one of \(forms.joined(separator: ", "))")
    }
}
