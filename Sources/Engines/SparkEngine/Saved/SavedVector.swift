import ServingCore

extension StageData {
    /// Most numbers of one vector or matrix.
    private static let numbersMaximum = SavedStage.countMaximum

    /// A vector of the first row, dense.
    ///
    /// Spark's type: `type` (0 sparse, 1 dense), `size`, `indices`, `values`.
    func vector(_ path: String) throws(ServingError) -> [Double] {
        let vectors = try vectors(path)
        guard let first = vectors.first else {
            throw Damage.invalid("its data has no value of '\(path)'")
        }
        return first
    }

    /// The vectors of all rows, dense.
    func vectors(_ path: String) throws(ServingError) -> [[Double]] {
        let kinds = try integers(path + ".type")
        let sizes = try integers(path + ".size")
        let (ranges, values) = try doubleLists(path + ".values")
        let (indexRanges, indices) = try doubleLists(path + ".indices")
        var vectors: [[Double]] = []
        var total = 0
        for row in kinds.indices {
            guard kinds[row] == 0 else {
                vectors.append(Array(values[ranges[row]]))
                continue
            }
            let size = sizes[row] ?? -1
            total += max(size, 0)
            guard size >= 0, total <= Self.numbersMaximum else {
                throw Damage.invalid("'\(path)' claims a vector of \(size) numbers")
            }
            vectors.append(
                try Self.spread(path, indices[indexRanges[row]], values[ranges[row]], size))
        }
        return vectors
    }

    /// A matrix of the first row, row after row.
    ///
    /// Spark's type: `type` (0 sparse, 1 dense), `numRows`, `numCols`, `colPtrs`, `rowIndices`,
    /// `values`, `isTransposed`; column after column unless it is transposed.
    func matrix(_ path: String) throws(ServingError) -> Matrix {
        let rows = try integer(path + ".numRows")
        let columns = try integer(path + ".numCols")
        let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard rows >= 0, columns >= 0, !overflow, count <= Self.numbersMaximum else {
            throw Damage.invalid("'\(path)' claims a matrix of \(rows) x \(columns)")
        }
        let (ranges, all) = try doubleLists(path + ".values")
        guard let range = ranges.first else {
            throw Damage.invalid("its data has no value of '\(path)'")
        }
        let values = Array(all[range])
        let isTransposed = try boolean(path + ".isTransposed")
        let isSparse = try integer(path + ".type") == 0
        let majors = isTransposed ? rows : columns
        let minors = isTransposed ? columns : rows
        let laidOut =
            isSparse ? try spread(path, values, majors: majors, minors: minors) : values
        guard laidOut.count == count else {
            throw Damage.invalid("'\(path)' has \(values.count) numbers for \(rows) x \(columns)")
        }
        if isTransposed { return Matrix(rows: rows, columns: columns, values: laidOut) }
        var turned = [Double](repeating: 0, count: count)
        for row in 0..<rows {
            for column in 0..<columns {
                turned[row * columns + column] = laidOut[column * rows + row]
            }
        }
        return Matrix(rows: rows, columns: columns, values: turned)
    }

    private func spread(_ path: String, _ values: [Double], majors: Int, minors: Int)
        throws(ServingError) -> [Double]
    {
        let starts = try integerList(path + ".colPtrs")
        let places = try integerList(path + ".rowIndices")
        guard starts.count == majors + 1, places.count == values.count, starts.first == 0,
            starts.last == values.count, zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }),
            places.allSatisfy({ $0 >= 0 && $0 < minors })
        else { throw Damage.invalid("the sparse matrix '\(path)' contradicts itself") }
        var result = [Double](repeating: 0, count: majors * minors)
        for major in 0..<majors {
            for index in starts[major]..<starts[major + 1] {
                result[major * minors + places[index]] = values[index]
            }
        }
        return result
    }

    private static func spread(
        _ path: String, _ indices: ArraySlice<Double>, _ values: ArraySlice<Double>, _ size: Int
    ) throws(ServingError) -> [Double] {
        guard indices.count == values.count,
            indices.allSatisfy({ $0 >= 0 && $0 < Double(size) })
        else { throw Damage.invalid("the sparse vector '\(path)' contradicts itself") }
        var result = [Double](repeating: 0, count: size)
        for (index, value) in zip(indices, values) { result[Int(index)] = value }
        return result
    }
}

/// Numbers in rows, one row after another.
struct Matrix {
    let rows: Int
    let columns: Int
    let values: [Double]
}
