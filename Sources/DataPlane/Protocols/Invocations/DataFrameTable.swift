import Inference
import ServingCore
import Tensors
import Wire

/// The columns of a data frame on their way into a model's inputs.
///
/// A model with several inputs takes a column for each, by name. A model with one input takes the
/// column of its name if that is the only one, else all columns side by side, in their order.
struct DataFrameTable {
    private let names: [String]
    private let width: Int
    /// The builder that each column goes to; none when all are stacked into the only one.
    private let targets: [DataFrameColumn]
    private let builders: [DataFrameColumn]
    private let isStacked: Bool

    /// Assigns named columns to inputs.
    ///
    /// - Throws: `invalid_tensor` for a column that is missing, unknown or there twice.
    init(_ names: [String], _ signature: ModelSignature) throws(ServingError) {
        guard signature.inputs.count != 1 || names == [signature.inputs[0].name] else {
            try self.init(stacking: names.count, names, signature)
            return
        }
        let builders = signature.inputs.map(DataFrameColumn.init)
        var targets: [DataFrameColumn] = []
        for (index, name) in names.enumerated() {
            guard let input = signature.inputIndex(of: name) else {
                throw Self.wrong(
                    "column '\(name.clipped())' is no input of the model"
                        + NearestName.hint(for: name, among: signature.inputs.map(\.name)),
                    signature)
            }
            guard !names[..<index].contains(name) else {
                throw Self.wrong("column '\(name.clipped())' is there twice", signature)
            }
            targets.append(builders[input])
        }
        let missing = signature.inputs.map(\.name).filter { !names.contains($0) }
        guard missing.isEmpty else {
            throw Self.wrong("column '\(missing.joined(separator: "', '"))' is missing", signature)
        }
        self.init(targets, builders, names, width: targets.count, isStacked: false)
    }

    private init(
        _ targets: [DataFrameColumn], _ builders: [DataFrameColumn], _ names: [String],
        width: Int, isStacked: Bool
    ) {
        self.names = names
        self.width = width
        self.targets = targets
        self.builders = builders
        self.isStacked = isStacked
    }

    /// Assigns columns without names, which only a model with one input can take.
    ///
    /// - Throws: `invalid_tensor` for a model with several inputs.
    init(unnamed count: Int, _ signature: ModelSignature) throws(ServingError) {
        try self.init(stacking: count, [], signature)
    }

    private init(stacking count: Int, _ names: [String], _ signature: ModelSignature)
        throws(ServingError)
    {
        guard let only = signature.inputs.first, signature.inputs.count == 1 else {
            throw Self.wrong("'dataframe_split' has no 'columns'", signature)
        }
        self.init([], [DataFrameColumn(only)], names, width: count, isStacked: true)
    }

    /// Takes the cells of a row.
    ///
    /// - Throws: `invalid_request` for a row of another length; `invalid_tensor` for a value that
    ///   the input does not take.
    func append(_ cells: inout [JSONScanner], row: Int) throws(ServingError) {
        guard cells.count == width else { throw wrongWidth(row, cells.count) }
        for index in cells.indices { try append(&cells[index], row, index) }
    }

    /// Takes the row whose list has been entered, up to its end.
    ///
    /// - Throws: as `append`.
    func appendRow(_ row: Int, _ scanner: inout JSONScanner) throws(ServingError) {
        var count = 0
        while try scanner.nextElement() {
            if count < width {
                try append(&scanner, row, count)
            } else {
                try scanner.skipValue()
            }
            count += 1
        }
        guard count == width else { throw wrongWidth(row, count) }
    }

    private func append(_ cell: inout JSONScanner, _ row: Int, _ column: Int)
        throws(ServingError)
    {
        do throws(ServingError) {
            try (isStacked ? builders[0] : targets[column]).append(&cell)
        } catch {
            guard error.code == .invalidTensor else { throw error }
            let name = column < names.count ? "'\(names[column].clipped())'" : "\(column + 1)"
            throw error.inContext("row \(row), column \(name)")
        }
    }

    private func wrongWidth(_ row: Int, _ count: Int) -> ServingError {
        DataFrame.malformed("row \(row) has \(count) values; there are \(width) columns")
    }

    /// Ends with a tensor for each input.
    ///
    /// - Throws: `invalid_tensor` when the columns cannot fill an input.
    func finish(rows: Int) throws(ServingError) -> [NamedTensor] {
        var tensors: [NamedTensor] = []
        for builder in builders {
            tensors.append(try builder.finish(rows: rows, columns: isStacked ? width : nil))
        }
        return tensors
    }

    private static func wrong(_ what: String, _ signature: ModelSignature) -> ServingError {
        let names = signature.inputs.map(\.name).joined(separator: ", ")
        return ServingError(.invalidTensor, "\(what); the model's inputs are \(names)")
    }
}

/// The values for one input; a class because builders cannot be copied into an array.
final class DataFrameColumn {
    private static let notANumber: StaticString = "NaN"

    private let input: TensorSpecification
    private var builder: JSONTensorBuilder?

    init(_ input: TensorSpecification) {
        self.input = input
        builder = JSONTensorBuilder(input.elementType, options: .tensorFlowServing)
    }

    /// Takes a value; null, as pandas writes what is missing, is NaN where there is one.
    func append(_ scanner: inout JSONScanner) throws(ServingError) {
        guard try scanner.peekKind() == .null else {
            try builder?.appendElement(from: &scanner)
            return
        }
        guard input.elementType.isFloatingPoint else {
            throw ServingError(
                .invalidTensor, "null is no \(input.elementType) value of input '\(input.name)'")
        }
        // The text of a static string lives as long as the program.
        let text = UnsafeRawBufferPointer(
            start: Self.notANumber.utf8Start, count: Self.notANumber.utf8CodeUnitCount)
        var number = JSONScanner(text, dialect: InvocationsDocument.dialect)
        try builder?.appendElement(from: &number)
        try scanner.skipValue()
    }

    /// Ends with the tensor in the shape that the input declares.
    ///
    /// - Parameter columns: How many columns stand side by side; nil for one by itself.
    func finish(rows: Int, columns: Int?) throws(ServingError) -> NamedTensor {
        guard let builder = builder.take() else {
            throw ServingError(.internalError, "input '\(input.name)' has been read already")
        }
        let tensor = try builder.finish()
        let isFlat = tensor.shape.rank == 1
        // A cell that is a list has a shape of its own, which the model checks.
        if columns == nil, !isFlat { return NamedTensor(input.name, tensor) }
        guard isFlat else {
            throw ServingError(
                .invalidTensor,
                "cells that are lists are for a column called like an input (\(input.name))")
        }
        let shape =
            if let columns {
                try TableShape.rows(of: input, rows: rows, columns: columns)
            } else {
                try TableShape.column(of: input, rows: rows)
            }
        return NamedTensor(
            input.name, Tensor(trusted: tensor.elementType, shape, tensor.storage))
    }
}
