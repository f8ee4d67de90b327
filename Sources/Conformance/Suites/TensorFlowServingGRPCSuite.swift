import NIOCore
import ServingCore
import SlipwayClient
import Tensors
import Wire

/// TensorFlow Serving's gRPC services (`tensorflow_serving/apis`).
enum TensorFlowServingGRPCSuite {
    static let suite = Suite(
        name: .tensorFlowServingGRPC,
        probe: { session in
            let reply = try await session.call("/\(prediction)/Predict")
            if reply.code == nil || reply.code == 12 {
                throw Skip("\(prediction) is not offered: \(reply.codeName)")
            }
        },
        checks: answers + refusals + choices)

    static let prediction = "tensorflow.serving.PredictionService"
    static let models = "tensorflow.serving.ModelService"

    private static let answers = [
        Check("predict-typed", "Predict takes typed values (float_val, ...) and names the version")
        {
            let reply = try await $0.call(
                "/\(prediction)/Predict",
                message { [sample = $0.sample] in
                    spec(sample.model, in: &$0)
                    for input in sample.inputs { entry(input, typed: true, sample, in: &$0) }
                })
            try expectOutputs(reply, $0.sample)
        },
        Check("predict-content", "Predict takes tensor_content") {
            guard $0.sample.inputs.allSatisfy({ $0.type != .bytes }) else {
                throw Skip("strings have no tensor_content")
            }
            let reply = try await $0.call(
                "/\(prediction)/Predict",
                message { [sample = $0.sample] in
                    spec(sample.model, in: &$0)
                    for input in sample.inputs { entry(input, typed: false, sample, in: &$0) }
                })
            try expectOutputs(reply, $0.sample)
        },
        Check("output-filter", "output_filter chooses the outputs") {
            guard let last = $0.sample.outputs.last else { throw Skip("the model has no outputs") }
            let reply = try await $0.call(
                "/\(prediction)/Predict",
                message { [sample = $0.sample] in
                    spec(sample.model, in: &$0)
                    for input in sample.inputs { entry(input, typed: true, sample, in: &$0) }
                    $0.writeProtobuf(3, string: last.name)
                })
            let names = try outputNames(try reply.expectMessage())
            try expect(names == [last.name], "the outputs are \(names)")
        },
        Check("metadata", "GetModelMetadata answers signature_def") {
            let reply = try await $0.call(
                "/\(prediction)/GetModelMetadata",
                message { [model = $0.model] in
                    spec(model, in: &$0)
                    $0.writeProtobuf(2, string: "signature_def")
                })
            try expect(
                try reply.expectMessage().readableBytes > 0, "the reply has no metadata")
        },
        Check("status", "GetModelStatus lists the versions") {
            let reply = try await $0.call(
                "/\(models)/GetModelStatus",
                message { [model = $0.model] in
                    spec(model, in: &$0)
                })
            try expect(try reply.expectMessage().readableBytes > 0, "no version is listed")
        },
    ]

    private static let refusals = [
        Check("no-model-spec", "Predict without a model is INVALID_ARGUMENT: Missing ModelSpec") {
            try await $0.call("/\(prediction)/Predict").expect(3, text: "Missing ModelSpec")
        },
        Check("unknown-model", "an unknown model is NOT_FOUND in the original's words") {
            try await $0.call(
                "/\(prediction)/Predict", message { spec(CheckSession.unknownModel, in: &$0) }
            )
            .expect(5, text: "Servable not found for request: Latest(no_such_model)")
        },
        Check("unknown-label", "an unknown label is INVALID_ARGUMENT in the original's words") {
            try await $0.call(
                "/\(prediction)/Predict",
                message { [model = $0.model] in
                    $0.writeProtobuf(1) {
                        $0.writeProtobuf(1, string: model)
                        $0.writeProtobuf(4, string: "no_such_label")
                    }
                }
            ).expect(3, text: "Unrecognized servable version label: no_such_label")
        },
        Check("unknown-signature", "an unknown signature is refused by name") {
            let reply = try await $0.call(
                "/\(prediction)/Predict",
                message { [model = $0.model] in
                    $0.writeProtobuf(1) {
                        $0.writeProtobuf(1, string: model)
                        $0.writeProtobuf(3, string: "no_such_signature")
                    }
                })
            try reply.expect(3, 9)
            try expect(
                reply.message.contains("\"no_such_signature\" not found"),
                "the message is '\(reply.message.clipped())'")
        },
        Check("missing-input", "a request without the model's inputs is INVALID_ARGUMENT") {
            try await $0.call(
                "/\(prediction)/Predict",
                message { [model = $0.model] in
                    spec(model, in: &$0)
                }
            ).expect(3)
        },
        Check("no-metadata-field", "GetModelMetadata without a field is INVALID_ARGUMENT") {
            try await $0.call(
                "/\(prediction)/GetModelMetadata",
                message { [model = $0.model] in
                    spec(model, in: &$0)
                }
            ).expect(3)
        },
        Check("status-unknown", "the status of an unknown model is NOT_FOUND") {
            try await $0.call(
                "/\(models)/GetModelStatus",
                message {
                    spec(CheckSession.unknownModel, in: &$0)
                }
            ).expect(5, text: "Could not find any versions of model no_such_model")
        },
        Check("not-protobuf", "a message that is no protobuf is refused, not crashed on") {
            let reply = try await $0.client().call(
                "/\(prediction)/Predict", [ByteBuffer(repeating: 0xFF, count: 100)])
            // INTERNAL is what gRPC's own C++ library answers.
            try reply.expect(3, 13)
        },
    ]

    static func spec(_ model: String, in buffer: inout ByteBuffer) {
        buffer.writeProtobuf(1) { $0.writeProtobuf(1, string: model) }
    }

    /// Appends one entry of `PredictRequest.inputs`.
    static func entry(
        _ port: ModelSample.Port, typed: Bool, _ sample: ModelSample, in buffer: inout ByteBuffer
    ) {
        buffer.writeProtobuf(2) {
            $0.writeProtobuf(1, string: port.name)
            $0.writeProtobuf(2) {
                $0.writeProtobuf(1, varint: UInt64(TensorFlowDataType(port.type).number))
                $0.writeProtobuf(2) { shape in
                    for extent in port.shape {
                        shape.writeProtobuf(2) { $0.writeProtobuf(1, signed: Int64(extent)) }
                    }
                }
                if typed {
                    typedZeros(port, in: &$0)
                } else {
                    $0.writeProtobuf(4) { $0.writeImmutableBuffer(sample.bytes(port)) }
                }
            }
        }
    }

    private static func typedZeros(_ port: ModelSample.Port, in buffer: inout ByteBuffer) {
        if port.type == .bytes {
            for _ in 0..<port.count { buffer.writeProtobuf(8, string: "a") }
            return
        }
        let (field, width) =
            switch port.type {
            case .float32: (5, 4)
            case .float64: (6, 8)
            case .int64: (10, 1)
            case .bool: (11, 1)
            case .float16, .bfloat16: (13, 1)
            case .uint32: (16, 1)
            case .uint64: (17, 1)
            default: (7, 1)
            }
        buffer.writeProtobuf(field) { $0.writeRepeatingByte(0, count: width * port.count) }
    }

    private static func expectOutputs(_ reply: GRPCClientReply, _ sample: ModelSample) throws {
        let message = try reply.expectMessage()
        let names = try outputNames(message)
        try expect(
            Set(names) == Set(sample.outputs.map(\.name)), "the outputs are \(names.sorted())")
        let version = try message.withProtobufReader { reader throws(ServingError) in
            while let field = try reader.nextField() {
                guard field == 2 else {
                    try reader.skip()
                    continue
                }
                var spec = try reader.message()
                while let field = try spec.nextField() {
                    if field == 2 { return true }
                    try spec.skip()
                }
            }
            return false
        }
        try expect(version, "model_spec names no version")
    }

    private static func outputNames(_ message: ByteBuffer) throws -> [String] {
        try message.withProtobufReader { reader throws(ServingError) in
            var names: [String] = []
            while let field = try reader.nextField() {
                guard field == 1 else {
                    try reader.skip()
                    continue
                }
                var entry = try reader.message()
                while let field = try entry.nextField() {
                    if field == 1 { names.append(try entry.string()) } else { try entry.skip() }
                }
            }
            return names
        }
    }
}
