import ServingCore
import Wire

/// One element of a request's `outputs`.
struct OpenInferenceRequestedOutput {
    /// The output's name.
    private(set) var name: String
    /// Whether it is wanted as bytes; nil when the request as a whole decides.
    private(set) var isBinary: Bool?
    /// Whether its classes are wanted, and where it goes.
    private(set) var form = OutputForm()

    /// Reads an element.
    ///
    /// - Throws: `invalid_request`.
    static func read(_ scanner: inout JSONScanner) throws(ServingError)
        -> OpenInferenceRequestedOutput
    {
        guard try scanner.peekKind() == .object else {
            throw OpenInferenceInput.cannotParse("outputs", "each element must be an object")
        }
        var output = OpenInferenceRequestedOutput(name: "")
        var hasName = false
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if key.equals("name") {
                output.name = try OpenInferenceInput.string(&scanner, "name")
                hasName = true
            } else if key.equals("parameters") {
                try output.readParameters(&scanner)
            } else {
                try scanner.skipValue()
            }
        }
        guard hasName else { throw OpenInferenceInput.cannotParse("name", "an output has none") }
        try output.form.check(isBinary: output.isBinary)
        return output
    }

    private mutating func readParameters(_ scanner: inout JSONScanner) throws(ServingError) {
        guard try scanner.peekKind() == .object else {
            throw OpenInferenceInput.cannotParse("parameters", "it must be an object")
        }
        var place = SharedMemoryReference.Collector()
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if key.equals("binary_data") {
                isBinary = try OpenInferenceInput.boolean(&scanner, "binary_data")
            } else if key.equals("classification") {
                let count = try OpenInferenceInput.unsigned(&scanner, "classification")
                form.classification = Int(clamping: count)
            } else {
                try SharedMemoryReference.read(key, &scanner, into: &place)
            }
        }
        form.sharedMemory = try place.finish()
    }
}

extension SharedMemoryReference {
    /// Reads a parameter's value if it says where in shared memory a tensor is, and skips it if not.
    ///
    /// - Throws: `invalid_request`.
    static func read(
        _ key: JSONKey, _ scanner: inout JSONScanner, into collector: inout Collector
    ) throws(ServingError) {
        if key.equals("shared_memory_region") {
            let name = try OpenInferenceInput.string(&scanner, "shared_memory_region")
            _ = try collector.take("shared_memory_region", .text(name))
        } else if key.equals("shared_memory_offset") {
            let offset = try OpenInferenceInput.unsigned(&scanner, "shared_memory_offset")
            _ = try collector.take("shared_memory_offset", .integer(Int64(clamping: offset)))
        } else if key.equals("shared_memory_byte_size") {
            let size = try OpenInferenceInput.unsigned(&scanner, "shared_memory_byte_size")
            _ = try collector.take("shared_memory_byte_size", .integer(Int64(clamping: size)))
        } else {
            try scanner.skipValue()
        }
    }
}
