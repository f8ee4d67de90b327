import ServingCore

/// A stage's learnt values: the rows of its `data` directory, by the names that Spark gives them.
struct StageData {
    let table: ParquetTable

    /// How many rows there are.
    var rowCount: Int { table.rowCount }

    /// A whole number of the first row.
    func integer(_ path: String) throws(ServingError) -> Int {
        try only(path, integers(path).first ?? nil)
    }

    /// A number of the first row.
    func double(_ path: String) throws(ServingError) -> Double {
        try only(path, doubles(path).first ?? nil)
    }

    /// A truth value of the first row.
    func boolean(_ path: String) throws(ServingError) -> Bool { try integer(path) != 0 }

    /// A whole number for each row; nil where it is absent.
    func integers(_ path: String) throws(ServingError) -> [Int?] {
        let column = try column(path)
        let values = try column.integers()
        return try column.places().map { $0 < 0 ? nil : Int(values[$0]) }
    }

    /// A number for each row; nil where it is absent.
    func doubles(_ path: String) throws(ServingError) -> [Double?] {
        let column = try column(path)
        let values = try column.doubles()
        return try column.places().map { $0 < 0 ? nil : values[$0] }
    }

    /// A text for each row.
    func texts(_ path: String) throws(ServingError) -> [String] {
        let column = try column(path)
        let values = try column.texts()
        return try column.places().map { $0 < 0 ? "" : values[$0] }
    }

    /// A list of numbers for each row.
    func doubleLists(_ path: String) throws(ServingError) -> (ranges: [Range<Int>], [Double]) {
        let column = try column(path)
        return (try column.lists(), try column.doubles())
    }

    /// A list of whole numbers in the first row.
    func integerList(_ path: String) throws(ServingError) -> [Int] {
        let column = try column(path)
        let values = try column.integers()
        return values[try only(path, column.lists().first)].map { Int($0) }
    }

    /// A list of texts in the first row.
    func textList(_ path: String) throws(ServingError) -> [String] {
        let column = try column(path)
        let values = try column.texts()
        return Array(values[try only(path, column.lists().first)])
    }

    /// The lists of texts in the first row.
    func textLists(_ path: String) throws(ServingError) -> [[String]] {
        guard rowCount == 1 else { throw Damage.invalid("\(rowCount) rows of \(path)") }
        let column = try column(path)
        let values = try column.texts()
        return try column.innerLists().map { Array(values[$0]) }
    }

    /// Whether there is a column, or a group of columns, of that name.
    func has(_ path: String) -> Bool {
        table.columns.contains { $0.leaf.path == path || $0.leaf.path.hasPrefix(path + ".") }
    }

    private func column(_ path: String) throws(ServingError) -> ParquetColumn {
        guard let column = table.column(path) else {
            throw Damage.invalid("its data has no column '\(path)'")
        }
        return column
    }

    private func only<Value>(_ path: String, _ value: Value?) throws(ServingError) -> Value {
        guard let value else { throw Damage.invalid("its data has no value of '\(path)'") }
        return value
    }
}
