public import Inference
public import ServingCore
public import Tensors

/// Turns a table into inputs: a column for each input when the header names them, else all columns
/// as the rows of the only input.
public struct CSVInput: Sendable {
    private let table: CSVTable
    private let hasHeaderRow: Bool?
    private let readsEmptyAsNaN: Bool

    /// Takes a table.
    ///
    /// - Parameters:
    ///   - table: The records.
    ///   - hasHeaderRow: Whether the first record names the columns; nil to find out.
    ///   - readsEmptyAsNaN: Whether an empty field is NaN for a floating-point input, as pandas
    ///     writes missing values; otherwise it is an error.
    public init(_ table: CSVTable, hasHeaderRow: Bool?, readsEmptyAsNaN: Bool = false) {
        self.table = table
        self.hasHeaderRow = hasHeaderRow
        self.readsEmptyAsNaN = readsEmptyAsNaN
    }

    /// Reads the records as a model's inputs.
    ///
    /// - Parameter input: The input that all columns are for; nil to decide by the header.
    /// - Throws: `invalid_request` naming row and column of a value of the wrong type;
    ///   `invalid_tensor` when the columns do not fit the signature.
    public func read(_ signature: ModelSignature, input: String? = nil) throws(ServingError)
        -> [NamedTensor]
    {
        let header = table.texts(0).map(Self.trimmed)
        let known = header.filter { signature.inputIndex(of: $0) != nil }
        // A table of features for one input may have a feature that is called like the input.
        let isByName = signature.inputs.count > 1 || header.count == 1
        if input == nil, hasHeaderRow != false, isByName, !known.isEmpty {
            return try columns(header, signature)
        }
        guard let target = Self.only(signature, input) else {
            throw ServingError(
                .invalidTensor,
                "the first row names none of the model's inputs; its header must be "
                    + signature.inputs.map(\.name).joined(separator: ","))
        }
        let skipped = (hasHeaderRow ?? looksLikeHeader(target)) ? 1 : 0
        return [NamedTensor(target.name, try rows(target, from: skipped, header))]
    }

    private static func only(_ signature: ModelSignature, _ input: String?)
        -> TensorSpecification?
    {
        if let input { return signature.inputs.first { $0.name == input } }
        return signature.inputs.count == 1 ? signature.inputs.first : nil
    }

    /// The first row is a header when none of its fields is a value.
    private func looksLikeHeader(_ target: TensorSpecification) -> Bool {
        guard target.elementType != .bytes else { return false }
        return table.texts(0).map(Self.trimmed).allSatisfy {
            !$0.isEmpty && Number($0[...], as: target.elementType) == nil
        }
    }

    // MARK: A column an input

    private func columns(_ header: [String], _ signature: ModelSignature) throws(ServingError)
        -> [NamedTensor]
    {
        let targets = try targets(header, signature)
        var result: [NamedTensor] = []
        for (column, target) in targets.enumerated() {
            let shape = try TableShape.column(of: target, rows: table.rowCount - 1)
            let tensor = try fill(target, shape, rows: 1..<table.rowCount, [column], header)
            result.append(NamedTensor(target.name, tensor))
        }
        return result
    }

    /// The input of each column.
    private func targets(_ header: [String], _ signature: ModelSignature) throws(ServingError)
        -> [TensorSpecification]
    {
        var targets: [TensorSpecification] = []
        for (column, name) in header.enumerated() {
            guard let index = signature.inputIndex(of: name) else {
                let names = signature.inputs.map(\.name)
                throw ServingError(
                    .invalidTensor,
                    "column '\(name.clipped(to: 80))' is no input of the model"
                        + NearestName.hint(for: name, among: names)
                        + " (inputs: \(names.joined(separator: ", ")))")
            }
            guard !header[..<column].contains(name) else {
                throw ServingError(.invalidTensor, "column '\(name)' is in the header twice")
            }
            targets.append(signature.inputs[index])
        }
        return targets
    }

    // MARK: All columns for one input

    private func rows(_ target: TensorSpecification, from first: Int, _ header: [String])
        throws(ServingError) -> Tensor
    {
        let count = table.rowCount - first
        let width = table.columnCount
        let shape = try TableShape.rows(of: target, rows: count, columns: width)
        return try fill(
            target, shape, rows: first..<table.rowCount, Array(0..<width),
            first == 1 ? header : [])
    }

    // MARK: Values

    private func fill(
        _ target: TensorSpecification, _ shape: Shape, rows: Range<Int>, _ columns: [Int],
        _ header: [String]
    ) throws(ServingError) -> Tensor {
        guard target.elementType != .bytes else {
            var builder = BytesTensorBuilder()
            for row in rows {
                for column in columns { try builder.append(table.text(row, column)) }
            }
            return try builder.finish(shape: shape)
        }
        let memory = try TensorMemory.allocate(byteCount: shape.byteCount(of: target.elementType))
        var index = 0
        for row in rows {
            for column in columns {
                let text = value(row, column, target.elementType)
                guard let number = Number(text[...], as: target.elementType),
                    number.store(as: target.elementType, at: index, in: memory.bytes)
                else { throw wrong(text, target, row, column, header) }
                index += 1
            }
        }
        return Tensor(trusted: target.elementType, shape, memory.freeze())
    }

    private func value(_ row: Int, _ column: Int, _ type: ElementType) -> String {
        let text = Self.trimmed(table.text(row, column))
        return text.isEmpty && readsEmptyAsNaN && type.isFloatingPoint ? "nan" : text
    }

    private func wrong(
        _ text: String, _ target: TensorSpecification, _ row: Int, _ column: Int,
        _ header: [String]
    ) -> ServingError {
        let name =
            column < header.count
            ? "column '\(header[column].clipped(to: 80))'" : "column \(column + 1)"
        let hint = text.isEmpty && target.elementType.isFloatingPoint ? "; write nan for none" : ""
        return ServingError(
            .invalidRequest,
            "line \(table.line(of: row)), \(name): '\(text.clipped(to: 80))' is no "
                + "\(target.elementType) value\(hint)")
    }

    private static func trimmed(_ text: String) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = text.firstIndex(where: { !isBlank($0) }),
            let last = text.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(text[first...last])
    }
}
