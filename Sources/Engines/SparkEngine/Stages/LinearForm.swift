import ServingCore

/// Weighted sums of a vector's numbers: one for each row of weights.
struct LinearForm {
    /// Row after row; `features` to a row.
    let weights: [Double]
    let intercepts: [Double]
    let features: Int

    init(_ matrix: Matrix, intercepts: [Double]) throws(ServingError) {
        guard matrix.rows == intercepts.count else {
            throw Damage.invalid(
                "it has \(intercepts.count) intercepts for \(matrix.rows) rows of coefficients")
        }
        weights = matrix.values
        self.intercepts = intercepts
        features = matrix.columns
    }

    /// Writes the sums of every row, one after another.
    func write(_ frame: Frame, _ input: Slot, to sums: UnsafeMutablePointer<Double>) {
        let count = intercepts.count
        if case .sparse = input.kind {
            let rows = frame.sparse[input.index]
            for row in 0..<frame.rows {
                let range = rows.starts[row]..<rows.starts[row + 1]
                for place in 0..<count {
                    var sum = 0.0
                    for index in range {
                        sum +=
                            weights[place * features + Int(rows.indices[index])]
                            * rows.values[index]
                    }
                    sums[row * count + place] = sum + intercepts[place]
                }
            }
            return
        }
        let source = frame.numbers[input.index]
        weights.withUnsafeBufferPointer { weights in
            for row in 0..<frame.rows {
                let values = source + row * features
                for place in 0..<count {
                    var sum = 0.0
                    let start = place * features
                    for index in 0..<features { sum += weights[start + index] * values[index] }
                    sums[row * count + place] = sum + intercepts[place]
                }
            }
        }
    }
}
