/// The members of a JSON object, in the order given, each name once.
public struct JSONObject: Sendable {
    /// Names and values in order.
    public private(set) var members: [(key: String, value: JSONValue)] = []
    private var indices: [String: Int] = [:]

    /// Starts empty.
    public init() {}

    /// The value with that name; setting nil removes it, setting a new name appends it.
    public subscript(_ key: String) -> JSONValue? {
        get { indices[key].map { members[$0].value } }
        set {
            if let newValue {
                if let index = indices[key] {
                    members[index].value = newValue
                } else {
                    append(key, newValue)
                }
            } else if let index = indices.removeValue(forKey: key) {
                members.remove(at: index)
                for later in index..<members.count { indices[members[later].key] = later }
            }
        }
    }

    /// Appends a member; false, and nothing changes, when the name is there already.
    @discardableResult
    mutating func append(_ key: String, _ value: JSONValue) -> Bool {
        guard indices.updateValue(members.count, forKey: key) == nil else {
            indices[key] = members.firstIndex { $0.key == key }
            return false
        }
        members.append((key, value))
        return true
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Keeps the literal's order; the last of equal names wins.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { self[key] = value }
    }
}

extension JSONObject: Hashable {
    /// Equal when the same names have equal values, in whatever order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.count == right.members.count
            && left.members.allSatisfy { right[$0.key] == $0.value }
    }

    /// Feeds what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(members.count)
        for member in members.sorted(by: { $0.key < $1.key }) {
            hasher.combine(member.key)
            hasher.combine(member.value)
        }
    }
}
