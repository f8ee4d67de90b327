import Inference
import NIOCore
import Wire

/// Writes `tensorflow.serving.SignatureDefMap`, of models that have no TensorFlow graph: the name of
/// an input or output is its own instead of a graph tensor's (`x:0`), as in REST's metadata.
///
/// Source of the numbers: TensorFlow's `meta_graph.proto` (`SignatureDef`, `TensorInfo`) and
/// `tensor_shape.proto`.
enum SignatureDefinitionMap {
    /// The type of the message inside `google.protobuf.Any`.
    static let typeURL = "type.googleapis.com/tensorflow.serving.SignatureDefMap"

    /// Appends the message.
    static func write(_ metadata: ModelMetadata, to buffer: inout ByteBuffer) {
        for signature in metadata.signatures {
            buffer.writeProtobuf(1) { buffer in
                buffer.writeProtobuf(1, string: signature.name)
                buffer.writeProtobuf(2) { write(signature, metadata, to: &$0) }
            }
        }
    }

    private static func write(
        _ signature: ModelSignature, _ metadata: ModelMetadata, to buffer: inout ByteBuffer
    ) {
        for (field, specifications) in [(1, signature.inputs), (2, signature.outputs)] {
            for specification in specifications {
                buffer.writeProtobuf(field) { buffer in
                    buffer.writeProtobuf(1, string: specification.name)
                    buffer.writeProtobuf(2) { write(specification, to: &$0) }
                }
            }
        }
        buffer.writeProtobuf(3, string: metadata.methodName(of: signature))
    }

    private static func write(_ specification: TensorSpecification, to buffer: inout ByteBuffer) {
        buffer.writeProtobuf(1, string: specification.name)
        buffer.writeProtobuf(
            2, varint: UInt64(TensorFlowDataType(specification.elementType).number))
        buffer.writeProtobuf(3) { buffer in
            for dimension in specification.dimensions ?? [] {
                buffer.writeProtobuf(2) { buffer in
                    buffer.writeProtobufIfSet(1, signed: Int64(dimension.wireValue))
                    if case .dynamic(let name?) = dimension {
                        buffer.writeProtobufIfSet(2, string: name)
                    }
                }
            }
            buffer.writeProtobufIfSet(3, boolean: specification.dimensions == nil)
        }
    }
}
