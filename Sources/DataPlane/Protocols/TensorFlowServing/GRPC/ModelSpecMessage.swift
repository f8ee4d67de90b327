import NIOCore
import ServingCore
import Wire

/// `tensorflow.serving.ModelSpec`: which model, version and signature a message is about.
///
/// Fields: name 1, version 2 (`Int64Value`), signature_name 3, version_label 4; of version and label
/// the last one written counts.
struct ModelSpecMessage: Hashable, Sendable {
    /// The model's name; empty when the message gives none.
    var name = ""
    /// How the version is named.
    var choice = ModelReference.Choice.latest
    /// The signature's name; empty for the default.
    var signatureName = ""

    /// Reads the fields of one occurrence; a later one is merged into an earlier one.
    ///
    /// - Throws: `invalid_request` for damage.
    mutating func merge(_ reader: ProtobufReader) throws(ServingError) {
        var reader = reader
        while let field = try reader.nextField() {
            switch field {
            case 1: name = try reader.string()
            case 2: choice = .version(ModelVersion(try Self.int64Value(reader.message())))
            case 3: signatureName = try reader.string()
            case 4: choice = .label(try reader.string())
            default: try reader.skip()
            }
        }
    }

    /// Reads the field's message into what an earlier occurrence has left, if there was one.
    ///
    /// - Throws: `invalid_request` for damage.
    static func merge(_ reader: ProtobufReader, into spec: inout ModelSpecMessage?)
        throws(ServingError)
    {
        var merged = spec ?? ModelSpecMessage()
        try merged.merge(reader)
        spec = merged
    }

    /// The model to lease.
    ///
    /// - Throws: `invalid_request` in TensorFlow Serving's words when there is no name.
    func reference() throws(ServingError) -> ModelReference {
        guard !name.isEmpty else {
            throw ServingError(.invalidRequest, "ModelSpec has no name specified.")
        }
        return ModelReference(name: name, choice: choice)
    }

    /// The message that a request must have.
    ///
    /// - Throws: `invalid_request` without it, in TensorFlow Serving's words.
    static func required(_ spec: ModelSpecMessage?) throws(ServingError) -> ModelSpecMessage {
        guard let spec else { throw ServingError(.invalidRequest, "Missing ModelSpec") }
        return spec
    }

    /// Appends the message that an answer carries, as a field.
    ///
    /// - Parameter signatureName: nil where the answer tells none.
    static func write(
        _ field: Int, name: String, version: ModelVersion, signatureName: String?,
        to buffer: inout ByteBuffer
    ) {
        buffer.writeProtobuf(field) { buffer in
            buffer.writeProtobufIfSet(1, string: name)
            buffer.writeProtobuf(2) { $0.writeProtobufIfSet(1, signed: version.number) }
            if let signatureName { buffer.writeProtobufIfSet(3, string: signatureName) }
        }
    }

    private static func int64Value(_ reader: ProtobufReader) throws(ServingError) -> Int64 {
        var reader = reader
        var value: Int64 = 0
        while let field = try reader.nextField() {
            if field == 1 { value = try reader.signed() } else { try reader.skip() }
        }
        return value
    }
}
