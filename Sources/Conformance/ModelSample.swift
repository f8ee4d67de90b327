import NIOCore
import ServingCore
import Tensors
import Wire

/// A model of the server with inputs that it should accept: one row of zeros, or of the text `a`.
struct ModelSample: Sendable {
    /// One input or output, as the server describes it.
    struct Port: Hashable, Sendable {
        let name: String
        let type: ElementType
        /// Extents with 1 for what may vary.
        let shape: [Int]
        /// Whether dimension 0 may vary, so that it can be a batch.
        let isBatched: Bool

        /// Elements in one sample.
        var count: Int { shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue } }
    }

    let model: String
    let inputs: [Port]
    let outputs: [Port]

    /// Whether a row is what stands behind dimension 0 of every input and output.
    var hasRows: Bool {
        !inputs.isEmpty && (inputs + outputs).allSatisfy(\.isBatched)
    }

    /// The values of an input as nested JSON arrays.
    func nested(_ port: Port) -> JSONValue { Self.nest(Self.element(port.type), port.shape[...]) }

    /// One row of an input: its values without dimension 0.
    func row(_ port: Port) -> JSONValue {
        Self.nest(Self.element(port.type), port.shape.dropFirst())
    }

    /// The whole row for `instances`: a bare value for one input, an object for several.
    var instance: JSONValue {
        if inputs.count == 1 { return row(inputs[0]) }
        var object = JSONObject()
        for input in inputs { object[input.name] = row(input) }
        return .object(object)
    }

    /// The value of `inputs` in TensorFlow Serving's column format.
    var columns: JSONValue {
        if inputs.count == 1 { return nested(inputs[0]) }
        var object = JSONObject()
        for input in inputs { object[input.name] = nested(input) }
        return .object(object)
    }

    /// The sample's bytes: zeros, or the text `a` with its length before each.
    func bytes(_ port: Port) -> ByteBuffer {
        var buffer = ByteBuffer()
        guard let width = port.type.byteWidth else {
            for _ in 0..<port.count {
                buffer.writeInteger(UInt32(1), endianness: .little)
                buffer.writeString("a")
            }
            return buffer
        }
        buffer.writeRepeatingByte(0, count: width * port.count)
        return buffer
    }

    private static func element(_ type: ElementType) -> JSONValue {
        switch type {
        case .bytes: .string("a")
        case .bool: .boolean(false)
        case .float16, .bfloat16, .float32, .float64: .number(0)
        default: .integer(0)
        }
    }

    private static func nest(_ element: JSONValue, _ shape: ArraySlice<Int>) -> JSONValue {
        guard let extent = shape.first else { return element }
        return .array(Array(repeating: nest(element, shape.dropFirst()), count: extent))
    }
}

extension ModelSample {
    /// Reads the Open Inference Protocol's model metadata.
    init(model: String, openInference document: JSONObject) throws {
        self.model = model
        inputs = try Self.ports(document["inputs"])
        outputs = try Self.ports(document["outputs"])
    }

    private static func ports(_ list: JSONValue?) throws -> [Port] {
        try (list?.arrayValue ?? []).map { entry in
            let object = entry.objectValue
            guard let name = object?["name"]?.stringValue,
                let type = object?["datatype"]?.stringValue.flatMap(
                    ElementType.init(openInferenceName:)),
                let shape = object?["shape"]?.arrayValue
            else { throw Skip("the metadata has an input or output of an unknown form") }
            return try port(name, type, shape.map { $0.integerValue ?? -1 })
        }
    }

    /// Reads one signature of TensorFlow Serving's metadata.
    init(model: String, tensorFlowServing document: JSONObject) throws {
        let signatures = document["metadata"]?.objectValue?["signature_def"]?.objectValue?[
            "signature_def"]?.objectValue
        guard
            let signature = (signatures?["serving_default"] ?? signatures?.members.first?.value)?
                .objectValue
        else { throw Skip("the metadata has no signature") }
        self.model = model
        inputs = try Self.infos(signature["inputs"])
        outputs = try Self.infos(signature["outputs"])
    }

    private static func infos(_ map: JSONValue?) throws -> [Port] {
        try (map?.objectValue?.members ?? []).map { name, info in
            guard let text = info.objectValue?["dtype"]?.stringValue,
                let type = ElementType.allCases.first(where: {
                    TensorFlowDataType.name(of: TensorFlowDataType($0).number) == text
                })
            else { throw Skip("the metadata has an input or output of an unknown type") }
            let extents = info.objectValue?["tensor_shape"]?.objectValue?["dim"]?.arrayValue ?? []
            return try port(
                name, type,
                extents.map { $0.objectValue?["size"]?.stringValue.flatMap { Int($0) } ?? -1 })
        }
    }

    private static func port(_ name: String, _ type: ElementType, _ shape: [Int]) throws -> Port {
        let port = Port(
            name: name, type: type, shape: shape.map { $0 < 0 ? 1 : $0 },
            isBatched: shape.first.map { $0 < 0 } ?? false)
        guard port.count <= 1 << 22 else { throw Skip("input '\(name)' is too large to make up") }
        return port
    }
}
