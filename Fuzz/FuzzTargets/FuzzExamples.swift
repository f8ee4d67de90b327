import NIOCore
import ServingCore
import Tensors
import Wire

/// Reads any bytes as a list of examples: as `tensorflow.serving.Input`, and as JSON.
///
/// The first byte chooses the JSON reader when it is odd.
public func fuzzExamples(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let body = ByteBuffer(bytes: bytes.dropFirst())
    do throws(ServingError) {
        let input = first & 1 == 1 ? try readJSON(body) : try readMessage(body)
        let serialized = try input.serialized()
        promise(
            serialized.shape.dimensions == [input.examples.count], "an element for each example")
        // Checks the framing of the elements.
        _ = try Tensor(.bytes, serialized.shape, serialized.storage)
        for tensor in try input.tensors(for: columns) {
            promise(
                tensor.tensor.shape.dimensions.first == input.examples.count,
                "a row for each example")
            _ = try Tensor(
                tensor.tensor.elementType, tensor.tensor.shape, tensor.tensor.storage)
        }
    } catch {
        promise(!error.message.isEmpty, "an error says what happened")
    }
}

private func readMessage(_ body: ByteBuffer) throws(ServingError) -> ExampleInput {
    var input = ExampleInput(in: body)
    try body.withProtobufReader { (reader) throws(ServingError) in try input.merge(reader) }
    return input
}

/// The first document is the context, all that follow are examples.
private func readJSON(_ body: ByteBuffer) throws(ServingError) -> ExampleInput {
    try body.withJSONScanner(.tensorFlowServing) { (scanner) throws(ServingError) in
        var reader = JSONExampleReader()
        try scanner.beginArray()
        var isFirst = true
        while try scanner.nextElement() {
            if isFirst {
                try reader.readContext(from: &scanner)
            } else {
                try reader.readNext(from: &scanner)
            }
            isFirst = false
        }
        return reader.finish()
    }
}

private let columns = [
    ExampleColumnSpecification(name: "x", elementType: .float32, rowDimensions: []),
    ExampleColumnSpecification(name: "n", elementType: .int8, rowDimensions: [nil]),
    ExampleColumnSpecification(name: "h", elementType: .bfloat16, rowDimensions: [2]),
    ExampleColumnSpecification(name: "s", elementType: .bytes, rowDimensions: nil),
]
