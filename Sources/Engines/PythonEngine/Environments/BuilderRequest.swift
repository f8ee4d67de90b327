/// What the builder is asked: names with values, a name as often as it has values.
struct BuilderRequest: Sendable {
    private var fields: [(name: String, value: String)] = []

    /// Asks for an action: `build`, `list` or `prune`.
    init(_ action: String) {
        add("action", action)
    }

    /// Adds a value; an absent or empty one is left out.
    mutating func add(_ name: String, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        fields.append((name, value))
    }

    /// Adds each value.
    mutating func add(_ name: String, each values: [String]) {
        for value in values { add(name, value) }
    }

    /// The fields as the builder reads them: `name=value`, each ended by a zero byte, then one more.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for field in fields {
            bytes += Array("\(field.name)=".utf8)
            // A zero byte cannot be part of a path; in a requirement it would start a field.
            bytes += field.value.utf8.filter { $0 != 0 }
            bytes.append(0)
        }
        bytes.append(0)
        return bytes
    }
}
