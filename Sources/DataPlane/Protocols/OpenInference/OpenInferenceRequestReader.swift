import Inference
import NIOCore
import ServingCore
import Tensors
import Wire

/// Reads the body of an `infer` request: a JSON document and, behind it, the bytes of the inputs
/// that say so, in the order of the inputs.
///
/// Members that the protocol does not define, and parameters that this server does not know, are
/// passed over: the protocol leaves them to the server.
enum OpenInferenceRequestReader {
    /// As Triton reads it: numbers need not be finite, and nothing may follow the document.
    private static let dialect = JSONDialect(
        allowsNonFiniteNumbers: true, allowsTrailingBytes: false)

    /// What a body says.
    struct Document {
        var request = InferenceRequest(inputs: [])
        var form = OpenInferencePredict.ReplyForm()
        /// The client's patience in microseconds, from the parameter `timeout`.
        var timeoutMicroseconds: UInt64?
        /// Whether there was a member `inputs` at all.
        var hasInputs = false
    }

    /// Reads a body whose first `jsonLength` bytes are JSON.
    ///
    /// - Parameter regions: Registered shared memory; nil where there is none, and then inputs and
    ///   outputs in shared memory are refused.
    /// - Throws: `invalid_request`, `invalid_tensor`, or `unsupported` for a known extension that
    ///   this server does not offer.
    static func read(
        _ body: ByteBuffer, jsonLength: Int, _ metadata: ModelMetadata,
        _ regions: SystemSharedMemory? = nil
    ) throws(ServingError) -> Document {
        var binary = body
        guard let json = binary.readSlice(length: jsonLength), jsonLength > 0 else {
            throw ServingError(.invalidRequest, "JSON Parse error: The document is empty")
        }
        var document = Document()
        try json.withJSONScanner(dialect) { (scanner) throws(ServingError) in
            guard try scanner.peekKind() == .object else {
                throw ServingError(
                    .invalidRequest, "an inference request is a JSON object with 'inputs'")
            }
            try readMembers(&scanner, &binary, metadata, regions, into: &document)
            try scanner.finish()
        }
        guard document.hasInputs else {
            throw ServingError(
                .invalidRequest, "Unable to parse 'inputs': the request has no member of that name")
        }
        guard binary.readableBytes == 0 else {
            throw ServingError(
                .invalidRequest,
                "unexpected additional input data for model '\(metadata.identity.name)': "
                    + "\(binary.readableBytes) bytes are left")
        }
        if document.form.forms.contains(where: { $0.classification > 0 }) {
            document.form.ranked = metadata
        }
        try refuseHalfFloatsAsJSON(document, metadata.defaultSignature)
        return document
    }

    private static func readMembers(
        _ scanner: inout JSONScanner, _ binary: inout ByteBuffer, _ metadata: ModelMetadata,
        _ regions: SystemSharedMemory?, into document: inout Document
    ) throws(ServingError) {
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if key.equals("inputs") {
                guard !document.hasInputs else {
                    throw ServingError(.invalidRequest, "the member 'inputs' is given twice")
                }
                document.hasInputs = true
                document.request.inputs = try readInputs(
                    &scanner, &binary, metadata, regions)
            } else if key.equals("outputs") {
                try readOutputs(&scanner, regions, into: &document)
            } else if key.equals("parameters") {
                try readParameters(&scanner, into: &document)
            } else if key.equals("id") {
                guard try scanner.peekKind() == .string else {
                    throw OpenInferenceInput.cannotParse("id", "it must be a string")
                }
                document.form.id = try scanner.readString()
            } else {
                try scanner.skipValue()
            }
        }
    }

    private static func readInputs(
        _ scanner: inout JSONScanner, _ binary: inout ByteBuffer, _ metadata: ModelMetadata,
        _ regions: SystemSharedMemory?
    ) throws(ServingError) -> [NamedTensor] {
        guard try scanner.peekKind() == .array else {
            throw OpenInferenceInput.cannotParse("inputs", "it must be an array")
        }
        var inputs: [NamedTensor] = []
        try scanner.beginArray()
        while try scanner.nextElement() {
            guard inputs.count < Limits.tensorsPerRequestMaximum else {
                throw ServingError(
                    .invalidRequest,
                    "a request has at most \(Limits.tensorsPerRequestMaximum) inputs")
            }
            inputs.append(
                try OpenInferenceInput.read(
                    &scanner, &binary, metadata.identity.name, regions))
        }
        return inputs
    }

    private static func readOutputs(
        _ scanner: inout JSONScanner, _ regions: SystemSharedMemory?,
        into document: inout Document
    ) throws(ServingError) {
        guard try scanner.peekKind() == .array else {
            throw OpenInferenceInput.cannotParse("outputs", "it must be an array")
        }
        var names: [String] = []
        var forms: [OutputForm] = []
        document.form.binary = []
        try scanner.beginArray()
        while try scanner.nextElement() {
            guard names.count < Limits.tensorsPerRequestMaximum else {
                throw ServingError(
                    .invalidRequest,
                    "a request has at most \(Limits.tensorsPerRequestMaximum) outputs")
            }
            let output = try OpenInferenceRequestedOutput.read(&scanner)
            names.append(output.name)
            document.form.binary.append(output.isBinary)
            forms.append(output.form)
            if let place = output.form.sharedMemory {
                guard let regions else { throw OpenInferenceInput.sharedMemoryRefusal }
                try regions.check(place)
            }
        }
        // Plain outputs, the usual case, cost nothing later.
        document.form.forms = forms.allSatisfy(\.isPlain) ? [] : forms
        document.request.outputNames = names.isEmpty ? nil : names
    }

    private static func readParameters(_ scanner: inout JSONScanner, into document: inout Document)
        throws(ServingError)
    {
        guard try scanner.peekKind() == .object else {
            throw OpenInferenceInput.cannotParse("parameters", "it must be an object")
        }
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if key.equals("binary_data_output") {
                document.form.binaryByDefault = try OpenInferenceInput.boolean(
                    &scanner, "binary_data_output")
            } else if key.equals("timeout") {
                let timeout = try OpenInferenceInput.unsigned(&scanner, "timeout")
                // As in Triton, 0 is no timeout at all.
                document.timeoutMicroseconds = timeout == 0 ? nil : timeout
            } else {
                try scanner.skipValue()
            }
        }
    }

    /// FP16 and BF16 have no JSON form, so a request for one as JSON is refused before it is run.
    private static func refuseHalfFloatsAsJSON(_ document: Document, _ signature: ModelSignature)
        throws(ServingError)
    {
        let names = document.request.outputNames ?? signature.outputs.map(\.name)
        for (index, name) in names.enumerated()
        where !document.form.isBinary(index) && document.form.sharedMemory(index) == nil {
            guard let position = signature.outputIndex(of: name) else { continue }
            try OpenInferenceResponseWriter.requireJSONForm(signature.outputs[position].elementType)
        }
    }
}
