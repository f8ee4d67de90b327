import EngineInterface
import ServingCore

/// XGBoost's gblinear.
struct LinearPredictor: Sendable {
    let objective: XGBoostObjective
    let featureCount: Int
    let groupCount: Int
    /// The margin of the first base score, which the library adds to every output.
    let base: Float
    /// A row of outputs for each feature, then the biases.
    let weights: [Float]
    let missing: Float

    /// Runs rows; as `TreePredictor.run`.
    func run<Input: BinaryFloatingPoint>(
        _ input: UnsafePointer<Input>, rowCount: Int, into output: OutputMemory<Float>,
        _ cancellation: RunCancellation
    ) throws(ServingError) {
        let scratch = UnsafeMutablePointer<Float>.allocate(capacity: 2 * groupCount)
        defer { scratch.deallocate() }
        let result = scratch + groupCount
        let width = objective.width(of: groupCount)
        for row in 0..<rowCount {
            if row & 0xFF == 0, let error = cancellation.error { throw error }
            let values = input + row * featureCount
            for group in 0..<groupCount { scratch[group] = margin(values, group) }
            if let target = output.margin {
                (target + row * groupCount).update(from: scratch, count: groupCount)
            }
            objective.apply(scratch, groupCount, to: result)
            if let target = output.prediction {
                (target + row * width).update(from: result, count: width)
            }
            if let target = output.classes { target[row] = classIndex(result, width) }
            if let target = output.contributions { contribute(values, row, to: target) }
        }
    }

    private func margin<Input: BinaryFloatingPoint>(
        _ values: UnsafePointer<Input>, _ group: Int
    ) -> Float {
        weights.withUnsafeBufferPointer { weights in
            var sum = weights[featureCount * groupCount + group] + base
            for feature in 0..<featureCount {
                let value = Float(values[feature])
                if value.isNaN || value == missing { continue }
                sum += value * weights[feature * groupCount + group]
            }
            return sum
        }
    }

    private func classIndex(_ result: UnsafePointer<Float>, _ width: Int) -> Int64 {
        if width == 1 { return groupCount > 1 ? Int64(result[0]) : result[0] > 0.5 ? 1 : 0 }
        var best = 0
        for index in 1..<width where result[index] > result[best] { best = index }
        return Int64(best)
    }

    private func contribute<Input: BinaryFloatingPoint>(
        _ values: UnsafePointer<Input>, _ row: Int, to target: UnsafeMutablePointer<Float>
    ) {
        let width = featureCount + 1
        for group in 0..<groupCount {
            let start = target + (row * groupCount + group) * width
            for feature in 0..<featureCount {
                let value = Float(values[feature])
                let isMissing = value.isNaN || value == missing
                start[feature] = isMissing ? 0 : value * weights[feature * groupCount + group]
            }
            start[featureCount] = weights[featureCount * groupCount + group] + base
        }
    }
}
