import NIOCore
public import ServingCore
public import Tensors
public import Wire

/// What `slipway predict` says: a model's outputs.
public struct PredictReport: CommandReport {
    private let outputs: [NamedTensor]
    private let documents: [String]

    /// Takes the outputs; `nan` and infinities are written as such in text.
    ///
    /// - Throws: `engine_failed` when an output cannot be written.
    public init(_ outputs: [NamedTensor]) throws(ServingError) {
        self.outputs = outputs
        var documents: [String] = []
        for output in outputs { documents.append(try Self.nested(output.tensor)) }
        self.documents = documents
    }

    /// Each output's name, type and shape, and below them its values as nested JSON arrays.
    public var text: String {
        zip(outputs, documents).map { output, document in
            let tensor = output.tensor
            return "\(TextTable.oneLine(output.name))  \(tensor.elementType) "
                + "\(tensor.shape.dimensions)\n\(document)\n"
        }.joined()
    }

    /// `{"outputs": [{"name", "datatype", "shape", "data"}]}` with `data` nested by shape; numbers
    /// that JSON does not have are null.
    public var json: JSONValue {
        .object([
            "outputs": .array(
                zip(outputs, documents).map { output, document in
                    let tensor = output.tensor
                    return .object([
                        "name": .string(output.name),
                        "datatype": .string(tensor.elementType.openInferenceName),
                        "shape": .array(tensor.shape.dimensions.map { .integer(Int64($0)) }),
                        "data": Self.parse(document, tensor.elementType),
                    ])
                })
        ])
    }

    private static func nested(_ tensor: Tensor) throws(ServingError) -> String {
        var options = JSONWriter.Options.openInference
        options.nonFinite = .token
        options.invalidUTF8 = .replace
        var writer = JSONWriter(into: ByteBuffer(), options: options)
        try writer.tensor(tensor)
        return String(buffer: writer.finish())
    }

    /// The document as a value; what it has for numbers that JSON does not know becomes null.
    private static func parse(_ document: String, _ type: ElementType) -> JSONValue {
        var text = document
        if type != .bytes {
            // Nothing but numbers stands in it, so these words are not part of any string.
            for token in ["-Infinity", "Infinity", "NaN"] {
                text = text.replacing(token, with: "null")
            }
        }
        // What was written here a moment ago is JSON, unless it nests deeper than documents may.
        do throws(ServingError) { return try JSONValue(parsing: text) } catch {
            return .string(document)
        }
    }
}
