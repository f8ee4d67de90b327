import ServingCore

/// How much memory a load takes at most.
///
/// Parquet compresses: a few bytes may stand for very many numbers. How many is written at the end of
/// each file.
enum MemoryEstimate {
    /// Bytes for each byte of the files: the file, its pages decompressed, texts out of them.
    private static let perFileByte = 4
    /// Bytes for each value: as it is read, with its levels, and laid out for the model.
    private static let perValue = 64
    /// Bytes for the pipeline itself, and for the parts of each stage.
    private static let perPipeline = 2 << 20
    private static let perStage = 64 << 10

    /// The estimate for a saved pipeline.
    ///
    /// - Throws: `model_invalid` for damaged files, `file_unreadable`.
    static func bytes(_ files: SavedFiles) throws(ServingError) -> Int {
        var values = 0
        var stages = 0
        for (name, _) in files.sizes {
            if name.hasSuffix(".parquet"), isPart(name) {
                values = add(values, try valueCount(files, name))
            }
            if name.contains("metadata/part-"), isPart(name) { stages += 1 }
        }
        let content = add(multiply(values, perValue), multiply(files.byteCount, perFileByte))
        return add(add(content, multiply(stages, perStage)), perPipeline)
    }

    private static func isPart(_ name: String) -> Bool {
        name.split(separator: "/").last?.hasPrefix("part-") == true
    }

    private static func valueCount(_ files: SavedFiles, _ name: String) throws(ServingError) -> Int
    {
        do throws(ServingError) {
            let footer = try ParquetFooter(try files.read(name))
            var sum = 0
            for group in footer.rowGroups {
                for chunk in group.chunks { sum = add(sum, max(chunk.valueCount, 0)) }
            }
            return sum
        } catch {
            throw error.inContext(name)
        }
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
