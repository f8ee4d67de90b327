import Inference
import NIOCore
import Protocols
import ServingCore
import Tensors
import Wire

/// Reads any bytes as a TFRecord file, and each record, and the bytes as a whole, as a record of
/// TensorFlow Serving's warm-up file.
public func fuzzTFRecord(_ bytes: UnsafeRawBufferPointer) {
    guard let metadata = exampleMetadata else { return }
    let file = ByteBuffer(bytes: bytes)
    var records: [ByteBuffer] = [file]
    var reader = TFRecordReader(file)
    do throws(ServingError) {
        while let record = try reader.next() { records.append(record) }
        var again = ByteBuffer()
        for record in records.dropFirst() { again.writeTFRecord(record) }
        promise(again == file, "a file that can be read is written again byte for byte")
    } catch {
        promise(!error.message.isEmpty, "an error says what happened")
    }
    for record in records {
        do throws(ServingError) {
            for request in try PredictionLogDecoder.decode(record, for: metadata) {
                _ = try metadata.signature(named: request.signatureName).bind(request.inputs)
            }
        } catch {
            promise(!error.message.isEmpty, "an error says what happened")
        }
    }
}

/// A model with inputs that examples can fill.
private let exampleMetadata: ModelMetadata? = {
    guard let name = try? ModelName("fuzz") else { return nil }
    let batch = Dimension.dynamic(name: nil)
    let inputs = [
        TensorSpecification(name: "x", elementType: .float32, dimensions: [batch]),
        TensorSpecification(name: "s", elementType: .bytes, dimensions: [batch, .fixed(2)]),
    ]
    let parsing = [TensorSpecification(name: "inputs", elementType: .bytes, dimensions: [batch])]
    let outputs = [
        TensorSpecification(name: "scores", elementType: .float32, dimensions: [batch, .fixed(2)])
    ]
    return ModelMetadata(
        identity: ModelIdentity(name, ModelVersion(1)), engine: "fuzz", platform: "fuzz",
        signatures: [
            ModelSignature(
                inputs: inputs, outputs: outputs, batching: .none(reason: "nothing is run")),
            ModelSignature(
                name: "p", inputs: parsing, outputs: outputs,
                batching: .none(reason: "nothing is run")),
        ])
}()
