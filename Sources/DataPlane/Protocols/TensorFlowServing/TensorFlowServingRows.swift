import Inference
import ServingCore
import Tensors
import Wire

/// The row format: `instances` is a list with one element a row, either values of the only input or
/// objects with a value for each input.
enum TensorFlowServingRows {
    /// Reads the list; the tensors come in the signature's order, with the rows as dimension 0.
    ///
    /// - Throws: `invalid_tensor` in TensorFlow Serving's words.
    static func read(_ scanner: inout JSONScanner, _ signature: ModelSignature)
        throws(ServingError) -> [NamedTensor]
    {
        var first = scanner
        try first.beginArray()
        guard try first.nextElement() else {
            throw ServingError(.invalidRequest, "No values in 'instances' array")
        }
        guard let only = signature.inputs.first else {
            throw ServingError(.invalidRequest, "the signature has no inputs")
        }
        let firstIsObject = try first.peekKind() == .object
        guard firstIsObject || signature.inputs.count == 1 else {
            throw ServingError(
                .invalidTensor,
                "instances is a plain list, but expecting list of objects as multiple input "
                    + "tensors required as per tensorinfo_map")
        }
        if firstIsObject && !first.isBase64Object { return try readObjects(&scanner, signature) }
        return [try readValues(&scanner, only)]
    }

    private static func readValues(_ scanner: inout JSONScanner, _ input: TensorSpecification)
        throws(ServingError) -> NamedTensor
    {
        var builder = JSONTensorBuilder(input.elementType, options: .tensorFlowServing)
        var row = 0
        try scanner.beginArray()
        while try scanner.nextElement() {
            let place = scanner
            do throws(ServingError) {
                try builder.appendElement(from: &scanner)
            } catch {
                if try isElementObject(place) {
                    throw ServingError(
                        .invalidTensor,
                        "Expecting value/list but got object at item \(row) of input list")
                }
                throw failed(row, key: nil, error)
            }
            row += 1
        }
        return NamedTensor(input.name, try builder.finish())
    }

    private static func readObjects(_ scanner: inout JSONScanner, _ signature: ModelSignature)
        throws(ServingError) -> [NamedTensor]
    {
        let columns = signature.inputs.map(RowColumn.init)
        var row = 0
        try scanner.beginArray()
        while try scanner.nextElement() {
            let place = scanner
            guard try isElementObject(place) else {
                throw ServingError(
                    .invalidTensor, "Expecting object but got list at item \(row) of input list")
            }
            try readObject(&scanner, into: columns, row: row)
            guard columns.allSatisfy({ $0.count == row + 1 }) else {
                throw keysDiffer(place, columns, row)
            }
            row += 1
        }
        var tensors: [NamedTensor] = []
        tensors.reserveCapacity(columns.count)
        for column in columns { tensors.append(try column.finish()) }
        return tensors
    }

    private static func readObject(
        _ scanner: inout JSONScanner, into columns: [RowColumn], row: Int
    ) throws(ServingError) {
        let place = scanner
        var position = 0
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            // Rows usually give the inputs in one order: look first where the next one should be.
            let index =
                position < columns.count && key.equals(columns[position].name)
                ? position : columns.firstIndex { key.equals($0.name) }
            guard let index else {
                let name = key.string.clipped()
                throw failed(
                    row, key: name,
                    ServingError(
                        .invalidTensor, "JSON object: does not have named input: \(name)"))
            }
            guard columns[index].count == row else { throw keysDiffer(place, columns, row) }
            do throws(ServingError) {
                try columns[index].append(&scanner)
            } catch {
                throw failed(row, key: columns[index].name, error)
            }
            position = index + 1
        }
    }

    /// An object that is not a base64 string in disguise.
    private static func isElementObject(_ place: JSONScanner) throws(ServingError) -> Bool {
        var place = place
        return try place.peekKind() == .object && !place.isBase64Object
    }

    private static func failed(_ row: Int, key: String?, _ error: ServingError) -> ServingError {
        // What is wrong with the document as such is nothing that the element has to do with.
        guard error.code != .invalidRequest else { return error }
        let key = key.map { " key: \($0)" } ?? ""
        let code = TensorFlowServingStatus.of(error.code).canonical.rawValue
        return ServingError(
            error.code,
            "Failed to process element: \(row)\(key) of 'instances' list. "
                + "Error: \(code): \(error.message)")
    }

    private static func keysDiffer(_ place: JSONScanner, _ columns: [RowColumn], _ row: Int)
        -> ServingError
    {
        let names = columns.map(\.name).sorted().joined(separator: ",")
        return ServingError(
            .invalidTensor,
            "Failed to process element: \(row) of 'instances' list. JSON object: "
                + "\(place.valueDescription()) keys must be equal to: \(names)")
    }
}

/// One named input while rows are read; a class because builders cannot be copied into an array.
private final class RowColumn {
    let name: String
    private(set) var count = 0
    private var builder: JSONTensorBuilder?

    init(_ input: TensorSpecification) {
        name = input.name
        builder = JSONTensorBuilder(input.elementType, options: .tensorFlowServing)
    }

    func append(_ scanner: inout JSONScanner) throws(ServingError) {
        try builder?.appendElement(from: &scanner)
        count += 1
    }

    func finish() throws(ServingError) -> NamedTensor {
        guard let builder = builder.take() else {
            throw ServingError(.internalError, "input '\(name)' has been read already")
        }
        return NamedTensor(name, try builder.finish())
    }
}
