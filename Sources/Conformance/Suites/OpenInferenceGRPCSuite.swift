import NIOCore
import ServingCore
import SlipwayClient
import Tensors
import Wire

/// The Open Inference Protocol's gRPC service, `inference.GRPCInferenceService`.
enum OpenInferenceGRPCSuite {
    static let suite = Suite(
        name: .openInferenceGRPC,
        probe: { session in
            let reply = try await session.call(path("ServerLive"))
            guard reply.code == 0 else {
                throw Skip("\(service)/ServerLive is not offered: \(reply.codeName)")
            }
        },
        checks: documents + inference + refusals + extensions)

    private static let service = "inference.GRPCInferenceService"

    static func path(_ method: String) -> String { "/\(service)/\(method)" }

    private static let documents = [
        Check("ready", "ServerReady says yes") {
            let message = try await $0.call(path("ServerReady")).expectMessage()
            try expect(try flag(message), "it says no")
        },
        Check("model-ready", "ModelReady says yes") { session in
            let question = message { $0.writeProtobuf(1, string: session.model) }
            let answer = try await session.call(path("ModelReady"), question).expectMessage()
            try expect(try flag(answer), "it says no")
        },
        Check("server", "ServerMetadata has a name and a version") {
            let fields = try texts(try await $0.call(path("ServerMetadata")).expectMessage())
            try expect(
                fields[1]?.isEmpty == false && fields[2]?.isEmpty == false,
                "name or version is missing")
        },
        Check("metadata", "ModelMetadata names the model and its inputs") {
            let model = $0.model
            let message = try await $0.call(
                path("ModelMetadata"),
                message {
                    $0.writeProtobuf(1, string: model)
                }
            ).expectMessage()
            let fields = try texts(message)
            try expect(
                fields[1] == [model] && fields[4]?.count == $0.sample.inputs.count,
                "the name or the number of inputs is wrong")
        },
    ]

    private static let inference = [
        Check("infer-raw", "ModelInfer takes raw_input_contents") {
            let message = try await infer($0, raw: true).expectMessage()
            try expectOutputs(message, $0.sample)
        },
        Check("infer-typed", "ModelInfer takes typed contents") {
            guard $0.sample.inputs.allSatisfy({ typedField($0.type) != nil }) else {
                throw Skip("FP16 and BF16 have no typed contents")
            }
            let message = try await infer($0, raw: false).expectMessage()
            try expectOutputs(message, $0.sample)
        },
        Check("id", "the reply repeats the request's id") {
            let message = try await infer($0, raw: true) { $0.writeProtobuf(3, string: "an id-1") }
                .expectMessage()
            try expect(try texts(message)[3] == ["an id-1"], "the id is lost")
        },
        Check("chosen-output", "only the outputs that are asked for come") {
            guard let last = $0.sample.outputs.last else { throw Skip("the model has no outputs") }
            let message = try await infer($0, raw: true) {
                $0.writeProtobuf(6) { $0.writeProtobuf(1, string: last.name) }
            }.expectMessage()
            try expect(try outputNames(message) == [last.name], "the outputs are others")
        },
    ]

    private static let refusals = [
        Check("unknown-model", "an unknown model is NOT_FOUND (older Triton: UNAVAILABLE)") {
            try await $0.call(
                path("ModelInfer"),
                message {
                    $0.writeProtobuf(1, string: CheckSession.unknownModel)
                }
            ).expect(5, 14)
        },
        Check("both-contents", "typed and raw contents together are refused") {
            guard let port = $0.sample.inputs.first(where: { typedField($0.type) != nil }) else {
                throw Skip("the model has no input with typed contents")
            }
            let session = $0
            try await $0.call(
                path("ModelInfer"),
                message {
                    $0.writeProtobuf(1, string: session.model)
                    input(port, raw: false, in: &$0)
                    $0.writeProtobuf(7, string: "raw")
                }
            ).expectRefusal()
        },
        Check("short-raw", "raw contents that do not fill their shape are refused") {
            let session = $0
            try await $0.call(
                path("ModelInfer"),
                message {
                    $0.writeProtobuf(1, string: session.model)
                    for port in session.sample.inputs { input(port, raw: true, in: &$0) }
                    for _ in session.sample.inputs { $0.writeProtobuf(7, string: "x") }
                }
            ).expectRefusal()
        },
        Check("missing-input", "an inference without inputs is refused") {
            let model = $0.model
            try await $0.call(path("ModelInfer"), message { $0.writeProtobuf(1, string: model) })
                .expectRefusal()
        },
        Check("unknown-method", "an unknown method is UNIMPLEMENTED") {
            try await $0.call(path("NoSuchMethod")).expect(12)
        },
    ]

    private static func infer(
        _ session: CheckSession, raw: Bool, _ more: (inout ByteBuffer) -> Void = { _ in }
    ) async throws -> GRPCClientReply {
        try await session.call(path("ModelInfer"), request(session, raw: raw, more))
    }

    /// A `ModelInferRequest` with the sample.
    static func request(
        _ session: CheckSession, raw: Bool, _ more: (inout ByteBuffer) -> Void = { _ in }
    ) -> ByteBuffer {
        message {
            $0.writeProtobuf(1, string: session.model)
            for port in session.sample.inputs { input(port, raw: raw, in: &$0) }
            more(&$0)
            guard raw else { return }
            for port in session.sample.inputs {
                $0.writeProtobuf(7) { $0.writeImmutableBuffer(session.sample.bytes(port)) }
            }
        }
    }

    private static func input(
        _ port: ModelSample.Port, raw: Bool, in buffer: inout ByteBuffer
    ) {
        buffer.writeProtobuf(5) {
            $0.writeProtobuf(1, string: port.name)
            $0.writeProtobuf(2, string: port.type.openInferenceName)
            $0.writeProtobuf(3) { shape in
                for extent in port.shape { shape.writeProtobufVarint(UInt64(extent)) }
            }
            guard !raw, let (field, width) = typedField(port.type) else { return }
            $0.writeProtobuf(5) { contents in
                guard field == 8 else {
                    contents.writeProtobuf(field) {
                        $0.writeRepeatingByte(0, count: width * port.count)
                    }
                    return
                }
                for _ in 0..<port.count { contents.writeProtobuf(8, string: "a") }
            }
        }
    }

    /// The field of `InferTensorContents`, and the bytes that a zero takes there.
    private static func typedField(_ type: ElementType) -> (field: Int, width: Int)? {
        switch type {
        case .bool: (1, 1)
        case .int8, .int16, .int32: (2, 1)
        case .int64: (3, 1)
        case .uint8, .uint16, .uint32: (4, 1)
        case .uint64: (5, 1)
        case .float32: (6, 4)
        case .float64: (7, 8)
        case .bytes: (8, 0)
        case .float16, .bfloat16: nil
        }
    }

    private static func flag(_ message: ByteBuffer) throws -> Bool {
        try message.withProtobufReader { reader throws(ServingError) in
            guard try reader.nextField() == 1 else { return false }
            return try reader.boolean()
        }
    }

    /// Every length-delimited field's bytes as text, by its number.
    static func texts(_ message: ByteBuffer) throws -> [Int: [String]] {
        try payloads(message).mapValues { $0.map { String(buffer: $0) } }
    }

    /// Every length-delimited field's bytes, by its number.
    static func payloads(_ message: ByteBuffer) throws -> [Int: [ByteBuffer]] {
        try message.withProtobufReader { reader throws(ServingError) in
            var fields: [Int: [ByteBuffer]] = [:]
            while let field = try reader.nextField() {
                guard reader.wireType == .lengthDelimited else {
                    try reader.skip()
                    continue
                }
                fields[field, default: []].append(ByteBuffer(bytes: try reader.payload()))
            }
            return fields
        }
    }

    private static func outputNames(_ message: ByteBuffer) throws -> [String] {
        try message.withProtobufReader { reader throws(ServingError) in
            var names: [String] = []
            while let field = try reader.nextField() {
                guard field == 5 else {
                    try reader.skip()
                    continue
                }
                var output = try reader.message()
                while let field = try output.nextField() {
                    if field == 1 { names.append(try output.string()) } else { try output.skip() }
                }
            }
            return names
        }
    }

    static func expectOutputs(_ message: ByteBuffer, _ sample: ModelSample) throws {
        let names = try outputNames(message)
        try expect(
            Set(names).isSuperset(of: sample.outputs.map(\.name)), "the outputs are \(names)")
    }
}
