// Only where the rooms are built for testing: debug builds and `make fuzz`.
#if DEBUG || FUZZING

    import ServingCore

    @testable import SparkEngine

    /// Reads any bytes as a Parquet file, and every column of it as rows, lists and lists of lists.
    public func fuzzParquetFile(_ bytes: UnsafeRawBufferPointer) {
        do throws(ServingError) {
            let table = try ParquetTable([Array(bytes)], entriesMaximum: 1 << 16)
            for column in table.columns {
                promise(column.entryCount <= 1 << 16, "no column has more entries than allowed")
                if let places = try? column.places() {
                    promise(places.count == table.rowCount, "every row has a place")
                    promise(
                        places.allSatisfy { $0 < column.values.count }, "places are of values")
                }
                for ranges in [try? column.lists(), try? column.innerLists()] {
                    promise(
                        (ranges ?? []).allSatisfy { $0.upperBound <= column.values.count },
                        "lists are of values")
                }
            }
        } catch {
            promise(!error.message.isEmpty, "an error says what happened")
        }
    }

#endif
