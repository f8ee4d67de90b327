import ServingCore
import Wire

/// The JSON object of a REST request, looked through once: where the values of its keys are.
struct TensorFlowServingDocument {
    private let start: JSONScanner
    private let keys: [StaticString]
    private var places: [JSONScanner?]
    private var signaturePlace: JSONScanner?

    /// Goes through the whole document; of a key that is repeated the first counts.
    ///
    /// - Parameter keys: Those that matter besides `signature_name`.
    /// - Throws: `invalid_request` for what is no JSON object, in TensorFlow Serving's words.
    init(_ start: JSONScanner, keys: [StaticString]) throws(ServingError) {
        self.start = start
        self.keys = keys
        places = [JSONScanner?](repeating: nil, count: keys.count)
        var scanner = start
        guard try scanner.peekKind() == .object else {
            try scanner.skipValue()
            throw complaint("Is not object")
        }
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if key.equals("signature_name") {
                signaturePlace = signaturePlace ?? scanner
            } else if let index = keys.firstIndex(where: { key.equals($0) }) {
                places[index] = places[index] ?? scanner
            }
            try scanner.skipValue()
        }
        try scanner.finish()
    }

    /// Where the value of the key at a position of `keys` is; nil without the key.
    subscript(position: Int) -> JSONScanner? { places[position] }

    /// The signature that is asked for; nil for the default.
    ///
    /// - Throws: `invalid_request` for what is no string, in TensorFlow Serving's words.
    func signatureName() throws(ServingError) -> String? {
        guard var place = signaturePlace else { return nil }
        guard try place.peekKind() == .string else {
            throw complaint("not formatted correctly. 'signature_name' key must be a string value.")
        }
        return try place.readString()
    }

    /// `JSON Value: … words`, as TensorFlow Serving complains of a document.
    func complaint(_ words: String) -> ServingError {
        ServingError(.invalidRequest, "JSON Value: \(start.valueDescription()) \(words)")
    }
}
