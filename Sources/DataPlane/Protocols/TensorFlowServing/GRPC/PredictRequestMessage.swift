import NIOCore
import ServingCore
import Wire

/// `tensorflow.serving.PredictRequest`, read once: names, and where the tensors lie.
///
/// Fields: model_spec 1, inputs 2 (a map), output_filter 3. The original's `Predict` looks at nothing
/// else either: predict_streamed_options 5, client_id 6 and request_options 7 are passed over.
struct PredictRequestMessage: Sendable {
    /// The model; nil when the message has none.
    var modelSpec: ModelSpecMessage?
    /// The inputs, each with its `TensorProto`; names occur once.
    var inputs: [(name: String, tensor: ByteBuffer)] = []
    /// The names of the outputs wanted; empty for all.
    var outputFilter: [String] = []

    /// Reads a message.
    ///
    /// - Throws: `invalid_request` for damage, and for more inputs or outputs than a request has.
    init(_ message: ByteBuffer) throws(ServingError) {
        self.init()
        try message.withProtobufReader { (reader) throws(ServingError) in
            while let field = try reader.nextField() {
                switch field {
                case 1: try ModelSpecMessage.merge(reader.message(), into: &modelSpec)
                case 2: try add(try Self.input(&reader, in: message))
                case 3:
                    try Self.check(outputFilter.count, "output_filter")
                    outputFilter.append(try reader.string())
                default: try reader.skip()
                }
            }
        }
    }

    private init() {}

    /// Adds a map entry; of entries with one name the last counts, as protobuf says.
    private mutating func add(_ input: (name: String, tensor: ByteBuffer)) throws(ServingError) {
        if let known = inputs.firstIndex(where: { $0.name == input.name }) {
            inputs[known] = input
        } else {
            try Self.check(inputs.count, "inputs")
            inputs.append(input)
        }
    }

    private static func input(_ reader: inout ProtobufReader, in message: ByteBuffer)
        throws(ServingError) -> (name: String, tensor: ByteBuffer)
    {
        var range = 0..<0
        let name = try reader.mapEntry { (entry) throws(ServingError) in
            range = try entry.range()
        }
        let tensor = message.getSlice(
            at: message.readerIndex + range.lowerBound, length: range.count)
        return (name, tensor ?? ByteBuffer())
    }

    private static func check(_ count: Int, _ field: String) throws(ServingError) {
        guard count < Limits.tensorsPerRequestMaximum else {
            throw ServingError(
                .invalidRequest,
                "\(field) has more than \(Limits.tensorsPerRequestMaximum) entries; a request has "
                    + "at most so many")
        }
    }
}
