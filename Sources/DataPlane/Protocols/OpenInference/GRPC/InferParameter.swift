import ServingCore
import Wire

/// A value of the protocol's `InferParameter`: the settings of a request, an input or an output.
enum InferParameter: Hashable, Sendable {
    case boolean(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case number(Double)
    case text(String)
    /// The message holds no choice.
    case none

    /// Reads the field's message, an entry of a `map<string, InferParameter>`.
    ///
    /// - Throws: `invalid_request` for damage.
    static func readEntry(_ reader: inout ProtobufReader) throws(ServingError)
        -> (key: String, value: InferParameter)
    {
        var value = InferParameter.none
        let key = try reader.mapEntry { (entry) throws(ServingError) in
            value = try read(try entry.message())
        }
        return (key, value)
    }

    private static func read(_ reader: ProtobufReader) throws(ServingError) -> InferParameter {
        var reader = reader
        var value = InferParameter.none
        while let field = try reader.nextField() {
            switch field {
            case 1: value = .boolean(try reader.boolean())
            case 2: value = .integer(try reader.signed())
            case 3: value = .text(try reader.string())
            case 4: value = .number(Double(bitPattern: try reader.fixed64()))
            case 5: value = .unsigned(try reader.varint())
            default: try reader.skip()
            }
        }
        return value
    }
}
