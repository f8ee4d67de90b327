import ServingCore
import Wire

/// A protobuf message as a person wrote it, in text or JSON form, with accessors that refuse what
/// does not fit and say where it stands.
///
/// Errors are `configuration_invalid`: source, line, column, the field and what is wrong with it.
struct SettingsMessage {
    /// The two ways to write a message.
    enum Form {
        case text
        /// As `google.protobuf.util.JsonFormat` writes and reads: maps are objects, names may be in
        /// lower camel case, and 64-bit integers may be strings.
        case json
    }

    let message: TextProtobufMessage
    let form: Form
    /// What the text is, for errors: `/models/digits/config.pbtxt`.
    let source: String
    /// The path of the message inside the text, with a dot at its end; empty for all of it.
    let path: String

    init(_ message: TextProtobufMessage, _ form: Form, source: String, path: String = "") {
        self.message = message
        self.form = form
        self.source = source
        self.path = path
    }

    /// An error at a place.
    func wrong(_ position: TextProtobufPosition, _ text: String) -> ServingError {
        ServingError(.configurationInvalid, "\(source), \(position): \(text)")
    }

    /// An error about a field: `'max_batch_size' must be ...`.
    func wrong(_ name: String, _ text: String) -> ServingError {
        let position = message.fields.first { self.name($0) == name }?.position
        return wrong(position ?? message.position, "'\(path)\(name)' \(text)")
    }

    /// Refuses every field that is not in the table, and those in it that cannot be honoured.
    ///
    /// - Parameter refused: Fields with the reason why they must keep their default.
    func check(_ known: [String], refused: [String: String] = [:]) throws(ServingError) {
        for field in message.fields {
            let name = name(field)
            if known.contains(name) { continue }
            guard let reason = refused[name] else {
                throw wrong(
                    field.position,
                    "there is no field '\(path)\(name.clipped(to: 80))'"
                        + NearestName.hint(for: name, among: known + refused.keys.sorted()))
            }
            guard field.values.allSatisfy(isDefault) else {
                throw wrong(
                    field.position, "'\(path)\(name)' is not supported: \(reason)")
            }
        }
    }

    /// The values of a field, lists and repetitions joined.
    func values(_ name: String) -> [TextProtobufValue] {
        message.fields.filter { self.name($0) == name }.flatMap(\.values)
    }

    /// Whether the field is written at all.
    func has(_ name: String) -> Bool { message.fields.contains { self.name($0) == name } }

    /// The field's name, with lower camel case undone where the form allows it.
    func name(_ field: TextProtobufField) -> String {
        guard form == .json, field.name.utf8.contains(where: { (0x41...0x5A).contains($0) }) else {
            return field.name
        }
        return field.name.reduce(into: "") { result, character in
            result += character.isUppercase ? "_" + character.lowercased() : String(character)
        }
    }

    /// Whether a value is what an absent field means; `{}` is one only where JSON writes a map so.
    private func isDefault(_ value: TextProtobufValue) -> Bool {
        switch value {
        case .scalar(let scalar):
            scalar.bytes.isEmpty || scalar.integer == 0 || scalar.boolean == false
                || scalar.number == 0
        case .message(let message): form == .json && message.fields.isEmpty
        case .list(let values, _): values.isEmpty
        }
    }
}
