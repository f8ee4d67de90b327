import NIOCore
import Wire

extension ModelConfiguration {
    /// Appends a `ModelConfig` of model_config.proto.
    func write(to buffer: inout ByteBuffer) {
        buffer.writeProtobuf(1, string: name)
        buffer.writeProtobufIfSet(2, string: platform)
        // version_policy: the latest one.
        buffer.writeProtobuf(3) { policy in
            policy.writeProtobuf(1) { $0.writeProtobuf(1, varint: 1) }
        }
        buffer.writeProtobufIfSet(4, signed: Int64(maxBatchSize))
        for input in inputs {
            buffer.writeProtobuf(5) { message in
                Self.write(input, to: &message)
                message.writeProtobuf(4, packedSigned: input.dims)
            }
        }
        for output in outputs {
            buffer.writeProtobuf(6) { message in
                Self.write(output, to: &message)
                message.writeProtobuf(3, packedSigned: output.dims)
            }
        }
        if let instances {
            buffer.writeProtobuf(7) { group in
                group.writeProtobuf(1, string: name + "_0")
                group.writeProtobuf(2, signed: Int64(instances))
                // KIND_CPU
                group.writeProtobuf(4, varint: 2)
            }
        }
        if isBatching { buffer.writeProtobuf(11) { _ in } }
        for (key, value) in parameters {
            buffer.writeProtobuf(14) { entry in
                entry.writeProtobuf(1, string: key)
                entry.writeProtobuf(2) { $0.writeProtobuf(1, string: value) }
            }
        }
        buffer.writeProtobufIfSet(17, string: backend)
    }

    private static func write(_ tensor: Tensor, to buffer: inout ByteBuffer) {
        buffer.writeProtobuf(1, string: tensor.name)
        buffer.writeProtobuf(2, varint: UInt64(tensor.dataTypeNumber))
    }
}
