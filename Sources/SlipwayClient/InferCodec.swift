import NIOCore
import NIOHTTP1
import ServingCore
import Tensors
import Wire

/// Writes and reads the bodies of Open Inference Protocol inference, with binary tensor data.
enum InferCodec {
    private static let lengthField = "inference-header-content-length"

    /// The request of some tensors: a JSON part, then their bytes in the same order.
    static func request(
        _ inputs: [NamedTensor], outputs: [String]
    ) throws(ServingError) -> (HTTPHeaders, ByteBuffer) {
        var document: JSONObject = [
            "inputs": .array(inputs.map(describe)),
            "parameters": .object(["binary_data_output": .boolean(true)]),
        ]
        if !outputs.isEmpty {
            document["outputs"] = .array(outputs.map { .object(["name": .string($0)]) })
        }
        var body = ByteBuffer(string: try JSONValue.object(document).text(.compact))
        let length = body.readableBytes
        body.reserveCapacity(inputs.reduce(length) { $0 + $1.tensor.storage.count })
        for input in inputs { BinaryTensors.append(input.tensor, to: &body) }
        return (
            ["content-type": "application/octet-stream", lengthField: String(length)], body
        )
    }

    private static func describe(_ input: NamedTensor) -> JSONValue {
        let size = JSONValue.integer(Int64(input.tensor.storage.count))
        return .object([
            "name": .string(input.name),
            "datatype": .string(input.tensor.elementType.openInferenceName),
            "shape": .array(input.tensor.shape.dimensions.map { .integer(Int64($0)) }),
            "parameters": .object(["binary_data_size": size]),
        ])
    }

    /// The tensors of a reply, whose data may be binary or JSON, output by output.
    ///
    /// - Throws: `internal` when the reply breaks the protocol.
    static func outputs(of reply: ClientReply) throws(ServingError) -> [NamedTensor] {
        var body = reply.body
        var document = body
        if let text = reply.headers.first(name: lengthField) {
            guard let length = Int(text), length >= 0, let part = body.readSlice(length: length)
            else { throw broken("its \(lengthField) is '\(text.clipped())'") }
            document = part
        }
        do throws(ServingError) {
            // The dialect that takes NaN and infinities, which servers write.
            let dialect = JSONDialect.tensorFlowServing
            return try document.withJSONScanner(dialect) { (scanner) throws(ServingError) in
                try readOutputs(&scanner, binary: &body)
            }
        } catch {
            throw broken(error.message)
        }
    }

    private static func readOutputs(
        _ scanner: inout JSONScanner, binary: inout ByteBuffer
    ) throws(ServingError) -> [NamedTensor] {
        var outputs: [NamedTensor] = []
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            guard key.equals("outputs") else {
                try scanner.skipValue()
                continue
            }
            try scanner.beginArray()
            while try scanner.nextElement() {
                outputs.append(try readOutput(&scanner, binary: &binary))
            }
        }
        return outputs
    }

    private static func readOutput(
        _ scanner: inout JSONScanner, binary: inout ByteBuffer
    ) throws(ServingError) -> NamedTensor {
        var (name, datatype, shape) = ("", "", JSONValue.null)
        var size: Int?
        var data: JSONScanner?
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if key.equals("name") {
                name = try scanner.readString()
            } else if key.equals("datatype") {
                datatype = try scanner.readString()
            } else if key.equals("shape") {
                shape = try scanner.readValue()
            } else if key.equals("parameters") {
                size = try scanner.readValue().objectValue?["binary_data_size"]?.integerValue
            } else {
                if key.equals("data") { data = scanner }
                try scanner.skipValue()
            }
        }
        let dimensions = shape.arrayValue?.compactMap(\.integerValue) ?? []
        guard let type = ElementType(openInferenceName: datatype),
            let extents = shape.arrayValue, extents.count == dimensions.count
        else { throw broken("output '\(name)' has no known datatype and shape") }
        let form = try Shape(dimensions)
        if let size {
            return NamedTensor(
                name, try BinaryTensors.read(type, form, from: &binary, byteCount: size))
        }
        guard var data else { throw broken("output '\(name)' has no data") }
        return NamedTensor(
            name,
            try JSONTensorReader(type, options: .openInference).read(from: &data, shape: form))
    }

    private static func broken(_ reason: String) -> ServingError {
        ServingError(.internalError, "the server's inference reply cannot be read: \(reason)")
    }
}
