import ServingCore

/// One feature of an example: a list of byte strings, floats or integers, lent by the message.
///
/// Field numbers are those of `tensorflow.Feature` and its lists.
struct ExampleFeature {
    /// What the values are.
    enum Kind: Int {
        case bytes = 1
        case float = 2
        case int64 = 3

        /// TensorFlow's name of the type.
        var typeName: String {
            switch self {
            case .bytes: "string"
            case .float: "float"
            case .int64: "int64"
            }
        }
    }

    /// The kind; nil for a feature that is there but holds no list.
    private(set) var kind: Kind?
    /// Stands at the list. A second one of the kind, which no writer makes, comes behind it: lists
    /// are looked for again, not remembered, so that many empty ones take no memory.
    private var place: ProtobufReader?

    /// Reads a `Feature`; of several kinds the last counts, and lists of one kind are joined.
    ///
    /// - Throws: `invalid_request` for damage.
    init(_ reader: ProtobufReader) throws(ServingError) {
        var reader = reader
        var start = reader
        while let field = try reader.nextField() {
            if let next = Kind(rawValue: field) {
                _ = try reader.message()
                if next != kind {
                    kind = next
                    place = start
                }
            } else {
                try reader.skip()
            }
            start = reader
        }
    }

    /// Calls `body` with a reader at each field of the lists that holds values, in order.
    ///
    /// - Throws: `invalid_request` for damage, and what `body` throws.
    func forEachRun(_ body: (inout ProtobufReader) throws(ServingError) -> Void)
        throws(ServingError)
    {
        guard var place else { return }
        while let field = try place.nextField() {
            if field == kind?.rawValue {
                try Self.read(try place.message(), body)
            } else {
                try place.skip()
            }
        }
    }

    private static func read(
        _ list: ProtobufReader, _ body: (inout ProtobufReader) throws(ServingError) -> Void
    ) throws(ServingError) {
        var list = list
        while let field = try list.nextField() {
            if field == 1 { try body(&list) } else { try list.skip() }
        }
    }
}

/// Goes through the features of an example.
///
/// `Example` has `features` 1, which has `feature` 1, a map: key 1, value 2.
enum ExampleMessage {
    /// Calls `body` with the name and the value of each feature, in the order written; a name that
    /// comes again replaces the earlier value.
    ///
    /// - Throws: `invalid_request` for damage, and what `body` throws.
    static func forEachFeature(
        in example: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer, ExampleFeature) throws(ServingError) -> Void
    ) throws(ServingError) {
        var reader = ProtobufReader(example)
        while let field = try reader.nextField() {
            guard field == 1 else {
                try reader.skip()
                continue
            }
            var features = try reader.message()
            while let field = try features.nextField() {
                if field == 1 {
                    try readEntry(features.message(), body)
                } else {
                    try features.skip()
                }
            }
        }
    }

    private static func readEntry(
        _ entry: ProtobufReader,
        _ body: (UnsafeRawBufferPointer, ExampleFeature) throws(ServingError) -> Void
    ) throws(ServingError) {
        var entry = entry
        var name = UnsafeRawBufferPointer(start: nil, count: 0)
        var value = ProtobufReader(UnsafeRawBufferPointer(start: nil, count: 0))
        while let field = try entry.nextField() {
            switch field {
            case 1: name = try entry.payload()
            case 2: value = try entry.message()
            default: try entry.skip()
            }
        }
        try body(name, try ExampleFeature(value))
    }
}
