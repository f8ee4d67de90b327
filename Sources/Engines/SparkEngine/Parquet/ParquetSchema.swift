import ServingCore

/// A node of the schema as the file lists it: parents before their children.
struct SchemaElement {
    enum Repetition: Int {
        case required = 0, optional, repeated
    }

    private(set) var physicalType: Int?
    private(set) var repetition = Repetition.required
    private(set) var name = ""
    private(set) var childCount = 0
    /// Whether it is a list in Parquet's three levels: itself, a repeated group, the element.
    private(set) var isList = false

    init(_ thrift: inout ThriftCompact) throws(ServingError) {
        var element = Self()
        try thrift.structure { (thrift, field, kind) throws(ServingError) in
            switch field {
            case 1: element.physicalType = try thrift.integer(kind)
            case 3:
                let value = try thrift.integer(kind)
                guard let repetition = Repetition(rawValue: value) else {
                    throw Damage.invalid("its schema has repetition \(value)")
                }
                element.repetition = repetition
            case 4: element.name = try thrift.text(kind)
            case 5: element.childCount = try thrift.integer(kind)
            case 6: element.isList = try thrift.integer(kind) == 3
            default: return false
            }
            return true
        }
        self = element
    }

    private init() {}
}

/// A column of values, with the path that the writer's data type had.
struct ParquetLeaf {
    /// Names of the fields from the outside in, without the two names that Parquet adds for a list:
    /// `coefficients.values`, not `coefficients.values.list.element`.
    let path: String
    let physicalType: Int
    /// How many of the fields around a value may be absent or repeated.
    let definitionMaximum: Int
    /// For each list around a value, from the outside in, the definition level from which on it has
    /// an element.
    let elementDefinitions: [Int]

    /// How many lists are around a value.
    var repetitionMaximum: Int { elementDefinitions.count }

    private static let depthMaximum = 16
    private static let leavesMaximum = 10_000

    /// The columns of a schema, in the order in which row groups store them.
    ///
    /// - Throws: `model_invalid` for a schema that is no tree, too deep or too wide.
    static func leaves(of schema: [SchemaElement]) throws(ServingError) -> [ParquetLeaf] {
        guard let root = schema.first else { throw Damage.invalid("it has no schema") }
        var leaves: [ParquetLeaf] = []
        var next = 1
        for _ in 0..<max(root.childCount, 0) {
            try visit(schema, &next, Place(), &leaves)
        }
        guard next == schema.count else {
            throw Damage.invalid("its schema lists \(schema.count) nodes and uses \(next)")
        }
        return leaves
    }

    /// Where in the schema a node is.
    private struct Place {
        var path: [String] = []
        var definition = 0
        var elementDefinitions: [Int] = []
        var depth = 0
        /// Names still to leave out: those of the repeated group in a list and of its element.
        var namesOmitted = 0
    }

    private static func visit(
        _ schema: [SchemaElement], _ next: inout Int, _ place: Place,
        _ leaves: inout [ParquetLeaf]
    ) throws(ServingError) {
        guard next < schema.count, place.depth < depthMaximum, leaves.count < leavesMaximum else {
            throw Damage.invalid("its schema is no tree, or too large")
        }
        let node = schema[next]
        next += 1
        var inner = place
        inner.depth += 1
        if place.namesOmitted > 0 {
            inner.namesOmitted -= 1
        } else {
            inner.path.append(node.name)
        }
        if node.repetition != .required { inner.definition += 1 }
        if node.repetition == .repeated { inner.elementDefinitions.append(inner.definition) }
        if node.isList { inner.namesOmitted += 2 }
        if let type = node.physicalType, node.childCount == 0 {
            leaves.append(
                ParquetLeaf(
                    path: inner.path.joined(separator: "."), physicalType: type,
                    definitionMaximum: inner.definition,
                    elementDefinitions: inner.elementDefinitions))
            return
        }
        for _ in 0..<max(node.childCount, 0) { try visit(schema, &next, inner, &leaves) }
    }
}
