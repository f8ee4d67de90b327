import ServingCore

/// The rows of one Parquet file or of several with the same columns, column by column.
///
/// Only what Spark's models need: whole numbers, floating-point numbers and text, each flat or in
/// lists. Format: github.com/apache/parquet-format.
struct ParquetTable {
    /// Most entries of one column.
    static let entriesMaximum = 1 << 27

    /// Rows of all files together.
    private(set) var rowCount = 0
    private(set) var columns: [ParquetColumn] = []

    /// Reads files one after another.
    ///
    /// - Parameters:
    ///   - entriesMaximum: Most entries of one column.
    ///   - isWanted: Which columns are read, by their paths; the others are left empty.
    /// - Throws: `model_invalid` for damage, another set of columns, and what is not supported.
    init(
        _ files: [[UInt8]], entriesMaximum: Int = entriesMaximum,
        only isWanted: (String) -> Bool = { _ in true }
    ) throws(ServingError) {
        for file in files { try append(file, entriesMaximum, isWanted) }
        guard !columns.isEmpty else { throw Damage.invalid("its data has no columns") }
        for column in columns where isWanted(column.leaf.path) { try check(column) }
    }

    /// The column of a path such as `split.numCategories`; nil when there is none.
    func column(_ path: String) -> ParquetColumn? { columns.first { $0.leaf.path == path } }

    private mutating func append(
        _ file: [UInt8], _ entriesMaximum: Int, _ isWanted: (String) -> Bool
    ) throws(ServingError) {
        let footer = try ParquetFooter(file)
        let leaves = try ParquetLeaf.leaves(of: footer.schema)
        if columns.isEmpty {
            for leaf in leaves { columns.append(try ParquetColumn(leaf)) }
        }
        guard leaves.map(\.path) == columns.map(\.leaf.path),
            zip(leaves, columns).allSatisfy({ $0.isSame(as: $1.leaf) })
        else {
            throw Damage.invalid("its data files have different columns")
        }
        for group in footer.rowGroups {
            guard group.chunks.count == columns.count else {
                throw Damage.invalid(
                    "a row group has \(group.chunks.count) of \(columns.count) columns")
            }
            for (index, chunk) in group.chunks.enumerated()
            where isWanted(columns[index].leaf.path) {
                try columns[index].append(chunk, of: file, limit: entriesMaximum)
            }
            let (sum, overflow) = rowCount.addingReportingOverflow(group.rowCount)
            guard !overflow else { throw Damage.invalid("it claims too many rows") }
            rowCount = sum
        }
    }

    /// Checks that a column has as many rows as the file says.
    private func check(_ column: ParquetColumn) throws(ServingError) {
        let rows =
            column.leaf.repetitionMaximum == 0
            ? column.entryCount : column.repetitions.count { $0 == 0 }
        guard rows == rowCount, column.repetitions.first ?? 0 == 0 else {
            throw Damage.invalid(
                "column \(column.leaf.path) has \(rows) rows where there are \(rowCount)")
        }
    }
}

extension ParquetLeaf {
    /// Whether two files store a column alike.
    func isSame(as other: ParquetLeaf) -> Bool {
        physicalType == other.physicalType && definitionMaximum == other.definitionMaximum
            && elementDefinitions == other.elementDefinitions
    }
}
