import ServingCore
import Wire

/// One field of a message of TensorFlow Serving's files: how it is read into the value that the
/// message becomes.
struct FileField<Root>: Sendable {
    /// The field's name in `snake_case`.
    let name: String
    /// Whether it may stand more than once.
    let isRepeated: Bool
    /// Reads one value, never a list, or notes what is wrong.
    let read: @Sendable (TextProtobufValue, _ path: String, inout FileContext, inout Root) -> Void

    init(
        _ name: String, isRepeated: Bool = false,
        read:
            @escaping @Sendable (
                TextProtobufValue, _ path: String, inout FileContext, inout Root
            ) -> Void
    ) {
        self.name = name
        self.isRepeated = isRepeated
        self.read = read
    }
}

/// Reads a message by the table of its fields: none that the table lacks, single ones once.
func readMessage<Root>(
    _ message: TextProtobufMessage, _ path: String, _ table: [FileField<Root>],
    _ context: inout FileContext, into root: inout Root
) {
    var seen: Set<String> = []
    for field in message.fields {
        guard !field.isBracketed else {
            context.error(
                field.position,
                "extension '[\(field.name.clipped(to: 80))]' is not known here; remove it")
            continue
        }
        let name = context.notation == .yaml ? snakeCase(field.name) : field.name
        let place = path.isEmpty ? name : "\(path).\(name)"
        guard let known = table.first(where: { $0.name == name }) else {
            context.error(
                field.position, unknownField(field.name, path, among: table.map(\.name)))
            continue
        }
        let isNew = seen.insert(name).inserted
        guard known.isRepeated || isNew else {
            context.error(field.position, "field '\(place)' is given twice; keep one of them")
            continue
        }
        guard known.isRepeated || !field.value.isList else {
            context.wrong(field.value, place, expected: "one value; the field is not repeated")
            continue
        }
        for value in field.values { known.read(value, place, &context, &root) }
    }
}

/// Reads a value that must be a message.
func readMessage<Root>(
    _ value: TextProtobufValue, _ path: String, _ table: [FileField<Root>],
    _ context: inout FileContext, into root: inout Root
) {
    guard case .message(let message) = value else {
        let names = table.map(\.name).joined(separator: ", ")
        return context.wrong(
            value, path, expected: "a message" + (names.isEmpty ? "" : " with: \(names)"))
    }
    readMessage(message, path, table, &context, into: &root)
}

/// `modelConfigList` as `model_config_list`.
private func snakeCase(_ name: String) -> String {
    var result = ""
    for scalar in name.unicodeScalars {
        if ("A"..."Z").contains(scalar) {
            result += "_" + String(scalar).lowercased()
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}

private func unknownField(_ name: String, _ path: String, among names: [String]) -> String {
    let hint = NearestName.hint(for: name, among: names)
    let place = path.isEmpty ? "" : " in '\(path)'"
    return "unknown field '\(name.clipped(to: 80))'"
        + (hint.isEmpty ? "\(place) (fields: \(names.joined(separator: ", ")))" : hint)
}

extension TextProtobufValue {
    fileprivate var isList: Bool {
        if case .list = self { true } else { false }
    }
}
