import NIOCore
import ServingCore
import Wire

/// A feature to write by hand, so that tests choose how.
enum TestFeature {
    case bytes([String])
    case floats([Float])
    case integers([Int64])
    /// The forms that old writers use: one field a value.
    case unpackedFloats([Float])
    case unpackedIntegers([Int64])
    /// A feature without a list.
    case empty

    func write(to buffer: inout ByteBuffer) {
        switch self {
        case .bytes(let values):
            buffer.writeProtobuf(1) { for value in values { $0.writeProtobuf(1, string: value) } }
        case .floats(let values):
            buffer.writeProtobuf(2) { list in
                list.writeProtobuf(1) { packed in
                    for value in values {
                        packed.writeInteger(value.bitPattern, endianness: .little)
                    }
                }
            }
        case .integers(let values):
            buffer.writeProtobuf(3) { list in
                list.writeProtobuf(1) { packed in
                    for value in values {
                        packed.writeProtobufVarint(UInt64(bitPattern: value))
                    }
                }
            }
        case .unpackedFloats(let values):
            buffer.writeProtobuf(2) { for value in values { $0.writeProtobuf(1, float: value) } }
        case .unpackedIntegers(let values):
            buffer.writeProtobuf(3) { for value in values { $0.writeProtobuf(1, signed: value) } }
        case .empty: break
        }
    }
}

typealias TestExample = [(name: String, feature: TestFeature)]

/// Serialises a `tensorflow.Example`.
func exampleMessage(_ features: TestExample) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.writeProtobuf(1) { buffer in
        for (name, feature) in features {
            buffer.writeProtobuf(1) { buffer in
                buffer.writeProtobuf(1, string: name)
                buffer.writeProtobuf(2) { feature.write(to: &$0) }
            }
        }
    }
    return buffer
}

/// Serialises a `tensorflow.serving.Input` and reads it.
func exampleInput(_ examples: [TestExample], context: TestExample? = nil) throws(ServingError)
    -> ExampleInput
{
    var buffer = ByteBuffer()
    buffer.writeProtobuf(context == nil ? 1 : 2) { buffer in
        for example in examples {
            let message = exampleMessage(example)
            message.withUnsafeReadableBytes { buffer.writeProtobuf(1, bytes: $0) }
        }
        if let context {
            let message = exampleMessage(context)
            message.withUnsafeReadableBytes { buffer.writeProtobuf(2, bytes: $0) }
        }
    }
    var input = ExampleInput(in: buffer)
    try buffer.withProtobufReader { (reader) throws(ServingError) in try input.merge(reader) }
    return input
}
