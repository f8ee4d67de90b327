import EngineInterface
import ServingCore

extension TreePredictor {
    /// Blocks of rows that are prepared together: their values and a tree fit into the processor's
    /// nearest memory.
    private var blocksAtOnce: Int {
        let fitting = 36_864 / (forest.laneBlockWidth * MemoryLayout<Scalar>.size)
        return min(max(fitting, 1), 8)
    }

    /// Runs rows of which only what follows from their margins is wanted.
    ///
    /// - Parameters:
    ///   - input: `rowCount` rows of `featureCount` values.
    ///   - output: Room for the results of as many rows.
    /// - Throws: the cancellation's error.
    @inline(__always)
    func runBatch<Input: BinaryFloatingPoint, Output: BinaryFloatingPoint>(
        _ input: UnsafePointer<Input>, rowCount: Int, into output: OutputMemory<Output>,
        _ cancellation: RunCancellation
    ) throws(ServingError) {
        let groups = base.count
        let lanes = Forest<Scalar>.lanes
        let width = forest.laneBlockWidth
        let capacity = min(blocksAtOnce, (rowCount + lanes - 1) / lanes)
        let scratch = UnsafeMutablePointer<Scalar>.allocate(
            capacity: capacity * width + capacity * lanes * groups + groups)
        defer { scratch.deallocate() }
        let margins = scratch + capacity * width
        let result = margins + capacity * lanes * groups
        var first = 0
        while first < rowCount {
            if let error = cancellation.error { throw error }
            let count = min(capacity * lanes, rowCount - first)
            let blocks = (count + lanes - 1) / lanes
            for block in 0..<blocks {
                let row = block * lanes
                forest.prepareLanes(
                    input + (first + row) * featureCount, min(lanes, count - row),
                    featureCount: featureCount, missing: missing, into: scratch + block * width)
            }
            try sum(scratch, blocks: blocks, into: margins, cancellation)
            for row in 0..<count {
                write(margins + row * groups, first + row, result, into: output)
            }
            first += count
        }
    }

    /// Sums the trees for prepared blocks of rows.
    @inline(__always)
    private func sum(
        _ rows: UnsafeMutablePointer<Scalar>, blocks: Int,
        into margins: UnsafeMutablePointer<Scalar>, _ cancellation: RunCancellation
    ) throws(ServingError) {
        let groups = base.count
        let rowCount = blocks * Forest<Scalar>.lanes
        base.withUnsafeBufferPointer { base in
            for row in 0..<rowCount {
                for group in 0..<groups { margins[row * groups + group] = base[group] }
            }
        }
        var steps = 0
        for tree in forest.trees {
            forest.addMargins(
                of: tree, blocks: rows, blockCount: blocks, to: margins, groups: groups)
            steps += Int(tree.depth) * rowCount
            if steps > Self.stepsBetweenLooks {
                if let error = cancellation.error { throw error }
                steps = 0
            }
        }
    }
}
