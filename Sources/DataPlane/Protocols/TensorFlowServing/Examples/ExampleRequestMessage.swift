import NIOCore
import ServingCore
import Wire

/// `ClassificationRequest` and `RegressionRequest`: model_spec 1, input 2.
struct ExampleRequestMessage: Sendable {
    /// The model; nil when the message has none.
    let modelSpec: ModelSpecMessage?
    /// The rows.
    let input: ExampleInput

    /// Reads a message.
    ///
    /// - Throws: `invalid_request` for damage.
    init(_ message: ByteBuffer) throws(ServingError) {
        var modelSpec: ModelSpecMessage?
        var input = ExampleInput(in: message)
        try message.withProtobufReader { (reader) throws(ServingError) in
            while let field = try reader.nextField() {
                switch field {
                case 1: try ModelSpecMessage.merge(reader.message(), into: &modelSpec)
                case 2: try input.merge(reader.message())
                default: try reader.skip()
                }
            }
        }
        self.modelSpec = modelSpec
        self.input = input
    }
}
