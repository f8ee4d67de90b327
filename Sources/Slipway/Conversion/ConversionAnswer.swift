import Inference
import ServingCore
import Tensors
import Wire

/// What the tool wrote: the converted file, the inputs for it, and what the original answered.
struct ConversionAnswer: Sendable {
    /// The converted file or directory, relative to the working directory of the conversion.
    let entry: String
    /// The exporter and its version.
    let tool: String
    /// Whether the user gave the inputs.
    let isSampled: Bool
    let inputs: [NamedTensor]
    let outputs: [NamedTensor]
    /// One right answer a row.
    let labels: [Double]?
    /// Seconds that the original took for all rows in one call, the fastest of several.
    let seconds: Double
    let sourceBytes: Int

    /// Reads `result.json` and the arrays beside it.
    ///
    /// - Throws: `model_invalid` with the tool's own words when it failed; `engine_failed` when
    ///   what it wrote cannot be read.
    init(directory: String) throws(ServingError) {
        let document: JSONValue
        do throws(ServingError) {
            document = try JSONValue(
                parsing: String(
                    decoding: try Self.bytes(directory + "/result.json"), as: UTF8.self))
        } catch {
            throw ServingError(
                .engineFailed, "the exporter ended without an answer; what it said is above")
        }
        if let message = document["error"]?.stringValue {
            throw ServingError(.modelInvalid, message)
        }
        guard let entry = document["entry"]?.stringValue, let tool = document["tool"]?.stringValue,
            let inputs = document["inputs"]?.objectValue,
            let outputs = document["outputs"]?.objectValue
        else { throw ServingError(.engineFailed, "the exporter's answer is incomplete") }
        self.entry = entry
        self.tool = tool
        isSampled = document["sampled"]?.booleanValue ?? false
        self.inputs = try Self.tensors(inputs, directory)
        self.outputs = try Self.tensors(outputs, directory)
        if let labels = document["labels"], labels.objectValue != nil {
            self.labels = try Self.tensor(labels, directory).values(as: Double.self)
        } else {
            labels = nil
        }
        seconds = document["seconds"]?.numberValue ?? 0
        sourceBytes = document["source_bytes"]?.integerValue ?? 0
    }

    private static func tensors(
        _ object: JSONObject, _ directory: String
    ) throws(ServingError) -> [NamedTensor] {
        var tensors: [NamedTensor] = []
        for (name, value) in object.members {
            tensors.append(NamedTensor(name, try tensor(value, directory)))
        }
        return tensors
    }

    private static func tensor(_ value: JSONValue, _ directory: String) throws(ServingError)
        -> Tensor
    {
        guard let name = value["dtype"]?.stringValue,
            let type = ElementType.allCases.first(where: { $0.openInferenceName == name }),
            let extents = value["shape"]?.arrayValue
        else { throw ServingError(.engineFailed, "the exporter described an array without a type") }
        let shape = try Shape(extents.compactMap(\.integerValue))
        if let texts = value["texts"]?.arrayValue {
            var builder = BytesTensorBuilder()
            for text in texts { try builder.append(text.stringValue ?? "") }
            return try builder.finish(shape: shape)
        }
        let bytes = try Self.bytes(directory + "/" + (value["file"]?.stringValue ?? ""))
        let memory = try TensorMemory.allocate(byteCount: bytes.count)
        bytes.withUnsafeBytes { memory.bytes.copyMemory(from: $0) }
        return try Tensor(type, shape, memory.freeze())
    }

    private static func bytes(_ path: String) throws(ServingError) -> [UInt8] {
        try FileBytes.read(
            path, limit: Limits.tensorBytesMaximum, what: "an exporter's answer",
            regularOnly: true)
    }
}

extension JSONValue {
    /// A member of an object; nil for other values.
    fileprivate subscript(_ name: String) -> JSONValue? { objectValue?[name] }
}
