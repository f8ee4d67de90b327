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
                        "data": Self.parse(document),
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

    private static func parse(_ document: String) -> JSONValue {
        let buffer = ByteBuffer(string: document)
        do throws(ServingError) {
            return withoutTokens(
                try buffer.withJSONScanner(.tensorFlowServing) { scanner throws(ServingError) in
                    try scanner.readValue()
                })
        } catch {
            // What was written here a moment ago is JSON.
            return .null
        }
    }

    private static func withoutTokens(_ value: JSONValue) -> JSONValue {
        switch value {
        case .number(let number): number.isFinite ? value : .null
        case .array(let elements): .array(elements.map(withoutTokens))
        default: value
        }
    }
}
