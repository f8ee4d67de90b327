import Inference
import ServingCore
import Tensors
import Wire

/// Reads pandas data frames in the two layouts that MLflow sends.
enum DataFrame {
    /// `{"columns": ["a", "b"], "data": [[1, 2], [3, 4]], "index": …}`: `DataFrame.to_dict("split")`.
    ///
    /// - Throws: `invalid_request` for another layout; `invalid_tensor` for columns or values that
    ///   the model does not take.
    static func readSplit(_ scanner: inout JSONScanner, _ signature: ModelSignature)
        throws(ServingError) -> [NamedTensor]
    {
        var columns: [String]?
        var data: JSONScanner?
        guard try scanner.peekKind() == .object else {
            throw malformed("'dataframe_split' is \(scanner.valueDescription()), not an object")
        }
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if key.equals("columns") {
                columns = try readNames(&scanner)
                continue
            }
            if key.equals("data") {
                data = scanner
            } else if !key.equals("index") {
                throw malformed(
                    "'dataframe_split' has the unknown key '\(key.string.clipped())'; its keys are "
                        + "columns, index and data")
            }
            try scanner.skipValue()
        }
        guard var data else { throw malformed("'dataframe_split' has no 'data'") }
        return try readRows(&data, columns, signature)
    }

    private static func readRows(
        _ scanner: inout JSONScanner, _ columns: [String]?, _ signature: ModelSignature
    ) throws(ServingError) -> [NamedTensor] {
        guard try scanner.peekKind() == .array else {
            throw malformed("'data' is \(scanner.valueDescription()), not a list of rows")
        }
        var table = try columns.map { names throws(ServingError) in
            try DataFrameTable(names, signature)
        }
        var row = 0
        try scanner.beginArray()
        while try scanner.nextElement() {
            guard try scanner.peekKind() == .array else {
                throw malformed("row \(row) is \(scanner.valueDescription()), not a list")
            }
            if table == nil {
                table = try DataFrameTable(unnamed: count(of: scanner), signature)
            }
            try scanner.beginArray()
            try table?.appendRow(row, &scanner)
            row += 1
        }
        guard let table, row > 0 else { throw malformed("the data frame has no rows") }
        return try table.finish(rows: row)
    }

    private static func count(of array: JSONScanner) throws(ServingError) -> Int {
        var array = array
        var count = 0
        try array.beginArray()
        while try array.nextElement() {
            try array.skipValue()
            count += 1
        }
        return count
    }

    /// `[{"a": 1, "b": 2}, …]`: `DataFrame.to_dict("records")`. The first row's keys are the columns.
    ///
    /// - Throws: As `readSplit`.
    static func readRecords(_ scanner: inout JSONScanner, _ signature: ModelSignature)
        throws(ServingError) -> [NamedTensor]
    {
        guard try scanner.peekKind() == .array else {
            throw malformed(
                "'dataframe_records' is \(scanner.valueDescription()), not a list of objects")
        }
        var table: DataFrameTable?
        var names: [String] = []
        var order = ColumnOrder()
        var row = 0
        try scanner.beginArray()
        while try scanner.nextElement() {
            if table == nil {
                var first = scanner
                names = try keys(&first, row: row)
                table = try DataFrameTable(names, signature)
            }
            var cells = try readRecord(&scanner, names, &order, row: row)
            try table?.append(&cells, row: row)
            row += 1
        }
        guard let table, row > 0 else { throw malformed("the data frame has no rows") }
        return try table.finish(rows: row)
    }

    private static func keys(_ scanner: inout JSONScanner, row: Int) throws(ServingError)
        -> [String]
    {
        try requireObject(scanner, row: row)
        var names: [String] = []
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            try append(key.string, to: &names)
            try scanner.skipValue()
        }
        return names
    }

    private static func append(_ name: String, to names: inout [String]) throws(ServingError) {
        guard names.count < Limits.dataFrameColumnsMaximum else {
            throw malformed("there are more than \(Limits.dataFrameColumnsMaximum) columns")
        }
        names.append(name)
    }

    private static func requireObject(_ scanner: JSONScanner, row: Int) throws(ServingError) {
        var place = scanner
        guard try place.peekKind() == .object else {
            throw malformed("row \(row) is \(place.valueDescription()), not an object")
        }
    }

    /// The cells of a row, in the order of the columns.
    private static func readRecord(
        _ scanner: inout JSONScanner, _ names: [String], _ order: inout ColumnOrder, row: Int
    ) throws(ServingError) -> [JSONScanner] {
        try requireObject(scanner, row: row)
        var cells = [JSONScanner?](repeating: nil, count: names.count)
        var position = 0
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            // Rows usually give their keys in one order: look first where the next should be.
            let index =
                position < names.count && key.equals(names[position])
                ? position : order.index(of: key.string, in: names)
            guard let index, cells[index] == nil else {
                throw malformed(
                    "row \(row) has '\(key.string.clipped())', which the first row does not have, "
                        + "or has it twice")
            }
            cells[index] = scanner
            position = index + 1
            try scanner.skipValue()
        }
        if let missing = cells.firstIndex(where: { $0 == nil }) {
            throw malformed("row \(row) has no '\(names[missing].clipped())', as the first row has")
        }
        return cells.compactMap { $0 }
    }

    /// Names of columns, which pandas may give as whole numbers.
    private static func readNames(_ scanner: inout JSONScanner) throws(ServingError) -> [String] {
        guard try scanner.peekKind() == .array else {
            throw malformed("'columns' is \(scanner.valueDescription()), not a list of names")
        }
        var names: [String] = []
        try scanner.beginArray()
        while try scanner.nextElement() {
            switch try scanner.peekKind() {
            case .string: try append(try scanner.readString(), to: &names)
            case .number: try append(String(try scanner.readInteger()), to: &names)
            default:
                throw malformed("'columns' holds \(scanner.valueDescription()), which is no name")
            }
        }
        return names
    }

    static func malformed(_ what: String) -> ServingError { ServingError(.invalidRequest, what) }
}

/// Finds columns by name, in a time that does not grow with their number.
private struct ColumnOrder {
    private var indices: [String: Int]?

    /// Where a name stands first among the columns; `names` must be the same in every call.
    mutating func index(of name: String, in names: [String]) -> Int? {
        let known =
            indices
            ?? Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
        indices = known
        return known[name]
    }
}
