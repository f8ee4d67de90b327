import EngineInterface
import ServingCore

/// A forest with all that makes its margins predictions.
struct TreePredictor<Objective: MarginObjective>: Sendable {
    typealias Scalar = Objective.Scalar

    let forest: Forest<Scalar>
    let objective: Objective
    let featureCount: Int
    /// The margins before any tree, a value for each output.
    let base: [Scalar]
    /// What margins are divided by before the objective; 1 for nothing.
    let divisor: Scalar
    /// A value that stands for a missing one; NaN for none besides NaN.
    let missing: Scalar
    let contributions: Contributions<Scalar>?

    /// Rows that are prepared together: their values fit into the processor's nearest memory.
    private var blockRows: Int {
        let fitting = 16_384 / (forest.rowWidth * MemoryLayout<Scalar>.size)
        return min(max(fitting, 1), 64)
    }
    /// Steps of walks after which a run looks whether it was stopped.
    static var stepsBetweenLooks: Int { 1 << 21 }

    /// Runs rows.
    ///
    /// - Parameters:
    ///   - input: `rowCount` rows of `featureCount` values.
    ///   - output: Room for the results of as many rows.
    /// - Throws: the cancellation's error.
    @inline(__always)
    func run<Input: BinaryFloatingPoint, Output: BinaryFloatingPoint>(
        _ input: UnsafePointer<Input>, rowCount: Int, into output: OutputMemory<Output>,
        _ cancellation: RunCancellation
    ) throws(ServingError) {
        if rowCount > 1, output.leaf == nil, output.contributions == nil {
            return try runBatch(input, rowCount: rowCount, into: output, cancellation)
        }
        let groups = base.count
        let width = forest.rowWidth
        let capacity = min(blockRows, rowCount)
        let contributed = contributions == nil ? 0 : groups * (featureCount + 1)
        let scratch = UnsafeMutablePointer<Scalar>.allocate(
            capacity: capacity * width + capacity * groups + groups + contributed)
        defer { scratch.deallocate() }
        let margins = scratch + capacity * width
        let result = margins + capacity * groups
        var first = 0
        while first < rowCount {
            if let error = cancellation.error { throw error }
            let count = min(capacity, rowCount - first)
            for row in 0..<count {
                forest.prepare(
                    input + (first + row) * featureCount, missing: missing,
                    into: scratch + row * width)
            }
            if output.needsMargins {
                try sum(scratch, count, into: margins, cancellation)
                for row in 0..<count {
                    write(margins + row * groups, first + row, result, into: output)
                }
            }
            for row in 0..<count {
                writeLeaves(scratch + row * width, first + row, into: output)
                guard let target = output.contributions, let contributions else { continue }
                if let error = cancellation.error { throw error }
                contributions.compute(scratch + row * width, base: base, into: result + groups)
                let start = target + (first + row) * contributed
                for index in 0..<contributed { start[index] = Output(result[groups + index]) }
            }
            first += count
        }
    }

    /// Sums the trees for a block of prepared rows.
    @inline(__always)
    private func sum(
        _ rows: UnsafeMutablePointer<Scalar>, _ count: Int,
        into margins: UnsafeMutablePointer<Scalar>, _ cancellation: RunCancellation
    ) throws(ServingError) {
        let groups = base.count
        let width = forest.rowWidth
        base.withUnsafeBufferPointer { base in
            for row in 0..<count {
                for group in 0..<groups { margins[row * groups + group] = base[group] }
            }
        }
        var steps = 0
        for row in 0..<count {
            forest.addMargins(of: rows + row * width, to: margins + row * groups)
            steps += forest.depthSum
            if steps > Self.stepsBetweenLooks {
                if let error = cancellation.error { throw error }
                steps = 0
            }
        }
    }

    /// Writes what follows from a row's margins.
    @inline(__always)
    func write<Output: BinaryFloatingPoint>(
        _ margins: UnsafeMutablePointer<Scalar>, _ row: Int,
        _ result: UnsafeMutablePointer<Scalar>, into output: OutputMemory<Output>
    ) {
        let groups = base.count
        if let target = output.margin {
            for group in 0..<groups { target[row * groups + group] = Output(margins[group]) }
        }
        guard output.prediction != nil || output.classes != nil else { return }
        if divisor != 1 { for group in 0..<groups { margins[group] /= divisor } }
        objective.apply(margins, groups, to: result)
        let width = objective.width(of: groups)
        if let target = output.prediction {
            for index in 0..<width { target[row * width + index] = Output(result[index]) }
        }
        guard let target = output.classes else { return }
        if width > 1 {
            var best = 0
            for index in 1..<width where result[index] > result[best] { best = index }
            target[row] = Int64(best)
        } else if groups > 1 {
            target[row] = Int64(result[0])
        } else {
            target[row] = result[0] > 0.5 ? 1 : 0
        }
    }

    private func writeLeaves<Output: BinaryFloatingPoint>(
        _ row: UnsafeMutablePointer<Scalar>, _ index: Int, into output: OutputMemory<Output>
    ) {
        guard let target = output.leaf else { return }
        let start = target + index * forest.trees.count
        for (number, tree) in forest.trees.enumerated() {
            let leaf = forest.leaf(of: tree, row)
            start[number] = forest.identifiers[Int(leaf)]
        }
    }
}
