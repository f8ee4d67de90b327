import NIOCore
public import ServingCore
public import Tensors

extension ExampleInput {
    /// Fills one tensor of shape [examples, ...] for each column from the features of its name.
    ///
    /// Of a feature that an example has and the context too, the example's counts. Features that no
    /// column is named after are passed over.
    ///
    /// - Throws: `invalid_tensor` in the words of TensorFlow's example parser for features that are
    ///   missing, of another type or another size; `unsupported` for a column with more than one
    ///   open extent; `invalid_request` for damage.
    public func tensors(for columns: [ExampleColumnSpecification]) throws(ServingError)
        -> [NamedTensor]
    {
        try checkContext()
        var filling: [ExampleColumn] = []
        for column in columns { filling.append(try ExampleColumn(column, rows: examples.count)) }
        let index = ExampleColumnIndex(columns)
        try bytes.withUnsafeReadableBytes { (bytes) throws(ServingError) in
            let none = [ExampleFeature?](repeating: nil, count: columns.count)
            var inherited = none
            for part in context {
                try Self.read(UnsafeRawBufferPointer(rebasing: bytes[part]), index, &inherited)
            }
            for example in examples {
                var features = inherited
                try Self.read(UnsafeRawBufferPointer(rebasing: bytes[example]), index, &features)
                for (column, feature) in zip(filling, features) { try column.append(feature) }
            }
        }
        var tensors: [NamedTensor] = []
        for column in filling { tensors.append(try column.finish()) }
        return tensors
    }

    private static func read(
        _ example: UnsafeRawBufferPointer, _ index: ExampleColumnIndex,
        _ features: inout [ExampleFeature?]
    ) throws(ServingError) {
        var expected = 0
        try ExampleMessage.forEachFeature(in: example) { (name, feature) throws(ServingError) in
            guard let position = index.position(of: name, expected: expected) else { return }
            features[position] = feature
            expected = position + 1
        }
    }
}

/// Finds the column of a feature; the time does not grow with the number of columns.
private struct ExampleColumnIndex {
    private let names: [String]
    private let positions: [String: Int]

    init(_ columns: [ExampleColumnSpecification]) {
        names = columns.map(\.name)
        positions = Dictionary(
            zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    }

    /// The position of a name; examples often have their features in the model's order, so that
    /// place is looked at first.
    func position(of name: UnsafeRawBufferPointer, expected: Int) -> Int? {
        if expected < names.count, names[expected].utf8.elementsEqual(name) { return expected }
        return positions[String(decoding: name, as: UTF8.self)]
    }
}
