import ServingCore
import Wire

/// One element of a request's `outputs`.
struct OpenInferenceRequestedOutput {
    /// The output's name.
    let name: String
    /// Whether it is wanted as bytes; nil when the request as a whole decides.
    let isBinary: Bool?

    /// Reads an element.
    ///
    /// - Throws: `invalid_request`, or `unsupported` for classification and shared memory.
    static func read(_ scanner: inout JSONScanner) throws(ServingError)
        -> OpenInferenceRequestedOutput
    {
        guard try scanner.peekKind() == .object else {
            throw OpenInferenceInput.cannotParse("outputs", "each element must be an object")
        }
        var name: String?
        var isBinary: Bool?
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if key.equals("name") {
                name = try OpenInferenceInput.string(&scanner, "name")
            } else if key.equals("parameters") {
                isBinary = try readParameters(&scanner)
            } else {
                try scanner.skipValue()
            }
        }
        guard let name else { throw OpenInferenceInput.cannotParse("name", "an output has none") }
        return OpenInferenceRequestedOutput(name: name, isBinary: isBinary)
    }

    private static func readParameters(_ scanner: inout JSONScanner) throws(ServingError) -> Bool? {
        guard try scanner.peekKind() == .object else {
            throw OpenInferenceInput.cannotParse("parameters", "it must be an object")
        }
        var isBinary: Bool?
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if key.equals("binary_data") {
                isBinary = try OpenInferenceInput.boolean(&scanner, "binary_data")
            } else if key.equals("classification") {
                guard try OpenInferenceInput.unsigned(&scanner, "classification") == 0 else {
                    throw ServingError(
                        .unsupported,
                        "the output parameter 'classification' is not offered by this server; "
                            + "ask for the output itself and rank it in the client")
                }
            } else if key.equals("shared_memory_region") {
                throw OpenInferenceInput.sharedMemory
            } else {
                try scanner.skipValue()
            }
        }
        return isBinary
    }
}
