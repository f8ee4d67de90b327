import ServingCore

/// How much memory a load takes at most.
///
/// Parquet compresses: a few bytes may stand for very many numbers. How many is written at the end of
/// each file.
enum MemoryEstimate {
    /// Bytes for each byte of the files: the file, its pages decompressed, texts out of them.
    private static let perFileByte = 4
    /// Bytes for each value: as it is read, with its levels, and laid out for the model.
    private static let perValue = 160
    /// Bytes for each number of a vector or matrix, which sparse ones have without writing them: as it
    /// is spread out, and laid out for the model.
    private static let perNumber = 32
    /// Bytes for the pipeline itself, and for the parts of each stage.
    private static let perPipeline = 2 << 20
    private static let perStage = 64 << 10

    /// The estimate for a saved pipeline.
    ///
    /// - Throws: `model_invalid` for damaged files, `file_unreadable`.
    static func bytes(_ files: SavedFiles) throws(ServingError) -> Int {
        var values = 0
        var numbers = 0
        var stages = 0
        for (name, _) in files.sizes {
            if name.hasSuffix(".parquet"), isPart(name) {
                let found = try counts(files, name)
                values = add(values, found.values)
                numbers = add(numbers, found.numbers)
            }
            if name.contains("metadata/part-"), isPart(name) { stages += 1 }
        }
        var content = add(multiply(values, perValue), multiply(files.byteCount, perFileByte))
        content = add(content, multiply(numbers, perNumber))
        return add(add(content, multiply(stages, perStage)), perPipeline)
    }

    private static func isPart(_ name: String) -> Bool {
        name.split(separator: "/").last?.hasPrefix("part-") == true
    }

    /// How many values a file holds, and how many numbers its vectors and matrices have.
    private static func counts(_ files: SavedFiles, _ name: String) throws(ServingError)
        -> (values: Int, numbers: Int)
    {
        do throws(ServingError) {
            let file = try files.read(name)
            var values = 0
            for group in try ParquetFooter(file).rowGroups {
                for chunk in group.chunks { values = add(values, max(chunk.valueCount, 0)) }
            }
            let table = try ParquetTable([file]) { path in
                path.hasSuffix(".size") || path.hasSuffix(".numRows") || path.hasSuffix(".numCols")
            }
            return (values, numbers(in: table))
        } catch {
            throw error.inContext(name)
        }
    }

    private static func numbers(in table: ParquetTable) -> Int {
        var sum = 0
        for column in table.columns {
            guard case .integers(let sizes) = column.values else { continue }
            let path = column.leaf.path
            if path.hasSuffix(".size") {
                for size in sizes { sum = add(sum, max(Int(size), 0)) }
            } else if path.hasSuffix(".numRows") {
                let matrix = path.dropLast(".numRows".count)
                guard case .integers(let others)? = table.column(matrix + ".numCols")?.values
                else { continue }
                for (rows, columns) in zip(sizes, others) {
                    sum = add(sum, multiply(max(Int(rows), 0), max(Int(columns), 0)))
                }
            }
        }
        return sum
    }

    private static func add(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }

    private static func multiply(_ left: Int, _ right: Int) -> Int {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : product
    }
}
