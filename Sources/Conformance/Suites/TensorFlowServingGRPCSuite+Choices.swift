import NIOCore
import ServingCore
import SlipwayClient
import Wire

/// Versions, states and what else a request may choose.
extension TensorFlowServingGRPCSuite {
    static let choices = [
        Check("status-states", "a version is AVAILABLE, and can be asked by its number") {
            let reply = try await $0.call(
                "/\(models)/GetModelStatus", message { [model = $0.model] in spec(model, in: &$0) })
            let states = try states(in: try reply.expectMessage())
            guard let version = states.first(where: { $0.state == 30 })?.version else {
                throw Breach("no version is AVAILABLE: \(states)")
            }
            try await predict($0, version: version).expect(0)
        },
        Check("unknown-version", "an unknown version is NOT_FOUND in the original's words") {
            try await predict($0, version: 987_654_321).expect(
                5, text: "Servable not found for request: Specific(\($0.model), 987654321)")
        },
        Check("unknown-output", "an output that the model does not have is INVALID_ARGUMENT") {
            try await predict($0) { $0.writeProtobuf(3, string: "no_such_output") }.expect(3)
        },
        Check("short-content", "tensor_content of the wrong size is INVALID_ARGUMENT") {
            let sample = $0.sample
            try await $0.call(
                "/\(prediction)/Predict",
                message {
                    spec(sample.model, in: &$0)
                    for port in sample.inputs {
                        $0.writeProtobuf(2) {
                            $0.writeProtobuf(1, string: port.name)
                            $0.writeProtobuf(2) { tensor in
                                let type = TensorFlowDataType(port.type).number
                                tensor.writeProtobuf(1, varint: UInt64(type))
                                tensor.writeProtobuf(2) {
                                    $0.writeProtobuf(2) { $0.writeProtobuf(1, signed: 7) }
                                }
                                tensor.writeProtobuf(4, string: "x")
                            }
                        }
                    }
                }
            ).expect(3)
        },
        Check("no-examples", "Classify and Regress without examples are INVALID_ARGUMENT") {
            for method in ["Classify", "Regress"] {
                try await $0.call(
                    "/\(prediction)/\(method)",
                    message { [model = $0.model] in spec(model, in: &$0) }
                ).expect(3)
            }
        },
        Check("metadata-unknown", "the metadata of an unknown model is NOT_FOUND") {
            try await $0.call(
                "/\(prediction)/GetModelMetadata",
                message {
                    spec(CheckSession.unknownModel, in: &$0)
                    $0.writeProtobuf(2, string: "signature_def")
                }
            ).expect(5, text: "Servable not found for request: Latest(no_such_model)")
        },
    ]

    private static func predict(
        _ session: CheckSession, version: Int64? = nil,
        _ more: (inout ByteBuffer) -> Void = { _ in }
    ) async throws -> GRPCClientReply {
        let sample = session.sample
        return try await session.call(
            "/\(prediction)/Predict",
            message {
                $0.writeProtobuf(1) { spec in
                    spec.writeProtobuf(1, string: sample.model)
                    guard let version else { return }
                    spec.writeProtobuf(2) { $0.writeProtobuf(1, signed: version) }
                }
                for port in sample.inputs { entry(port, typed: true, sample, in: &$0) }
                more(&$0)
            })
    }

    /// Versions and states of a `GetModelStatusResponse`.
    private static func states(in message: ByteBuffer) throws -> [(version: Int64, state: Int)] {
        try message.withProtobufReader { reader throws(ServingError) in
            var states: [(version: Int64, state: Int)] = []
            while let field = try reader.nextField() {
                guard field == 1 else {
                    try reader.skip()
                    continue
                }
                var entry = try reader.message()
                var state = (version: Int64(0), state: 0)
                while let field = try entry.nextField() {
                    switch field {
                    case 1: state.version = try entry.signed()
                    case 2: state.state = Int(truncatingIfNeeded: try entry.varint())
                    default: try entry.skip()
                    }
                }
                states.append(state)
            }
            return states
        }
    }
}
