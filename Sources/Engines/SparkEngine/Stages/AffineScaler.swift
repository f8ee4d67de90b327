import EngineDocuments
import ServingCore

/// Shifts and scales each number of a vector: (x - shift) * scale + offset.
///
/// Computed in the order in which Spark computes its scalers, so that results agree bit for bit.
struct AffineScaler: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let shift: [Double]?
    private let scale: [Double]?
    private let offset: [Double]?

    private init(
        _ saved: SavedStage, shift: [Double]?, scale: [Double]?, offset: [Double]? = nil
    ) throws(ServingError) {
        let counts = [shift, scale, offset].compactMap { $0?.count }
        guard Set(counts).count <= 1 else { throw saved.invalid("its vectors differ in length") }
        inputs = [StageInput(try saved.text("inputCol"), .vector(counts.first))]
        outputs = [try saved.text("outputCol", saved.uid + "__output")]
        (self.shift, self.scale, self.offset) = (shift, scale, offset)
    }

    /// `StandardScalerModel`: by mean and standard deviation.
    init(standard saved: SavedStage) throws(ServingError) {
        let data = try saved.data()
        let shift = try saved.flag("withMean", false) ? try data.vector("mean") : nil
        let scale =
            try saved.flag("withStd", true)
            ? try data.vector("std").map { $0 == 0 ? 0 : 1 / $0 } : nil
        try self.init(saved, shift: shift, scale: scale)
    }

    /// `MinMaxScalerModel`: from the range that was seen to another.
    init(minMax saved: SavedStage) throws(ServingError) {
        let data = try saved.data()
        let (low, high) = (try data.vector("originalMin"), try data.vector("originalMax"))
        let (to, from) = (try saved.number("max", 1), try saved.number("min", 0))
        guard low.count == high.count else { throw saved.invalid("its vectors differ in length") }
        let scale = zip(low, high).map { $1 == $0 ? 0 : (to - from) / ($1 - $0) }
        try self.init(
            saved, shift: low, scale: scale, offset: scale.map { $0 == 0 ? (from + to) / 2 : from })
    }

    /// `MaxAbsScalerModel`: by the largest value that was seen.
    init(maxAbs saved: SavedStage) throws(ServingError) {
        let scale = try saved.data().vector("maxAbs").map { $0 == 0 ? 1 : 1 / $0 }
        try self.init(saved, shift: nil, scale: scale)
    }

    /// `RobustScalerModel`: by median and quantiles.
    init(robust saved: SavedStage) throws(ServingError) {
        let data = try saved.data()
        let shift = try saved.flag("withCentering", false) ? try data.vector("median") : nil
        let scale =
            try saved.flag("withScaling", true)
            ? try data.vector("range").map { $0 == 0 ? 0 : 1 / $0 } : nil
        try self.init(saved, shift: shift, scale: scale)
    }

    /// `ElementwiseProduct`: by numbers that somebody gave.
    init(product saved: SavedStage) throws(ServingError) {
        let value = saved.parameter("scalingVec")
        guard let array = value?["values"]?.array, value?["type"]?.integer != 0 else {
            throw saved.invalid("its scalingVec is no dense vector")
        }
        try self.init(saved, shift: nil, scale: array.compactMap(\.double))
    }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        if let width = (scale ?? shift)?.count { try require(inputs[0], width: width) }
        return [.vector(inputs[0].width)]
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        AffineKernel(
            input: inputs[0], output: outputs[0], shift: shift, scale: scale, offset: offset)
    }
}

struct AffineKernel: Kernel {
    let input: Slot
    let output: Slot
    let shift: [Double]?
    let scale: [Double]?
    let offset: [Double]?

    func run(_ frame: Frame) throws(ServingError) {
        let width = output.width
        var source = frame.numbers[input.index]
        let target = frame.numbers[output.index]
        if shift == nil, scale == nil { target.update(from: source, count: frame.rows * width) }
        if let shift {
            Self.forEach(frame.rows, width, shift) { target[$0] = source[$0] - $1 }
            source = target
        }
        if let scale {
            Self.forEach(frame.rows, width, scale) { target[$0] = source[$0] * $1 }
        }
        if let offset { Self.forEach(frame.rows, width, offset) { target[$0] += $1 } }
    }

    @inline(__always)
    private static func forEach(
        _ rows: Int, _ width: Int, _ values: [Double], _ body: (Int, Double) -> Void
    ) {
        values.withUnsafeBufferPointer { values in
            for row in 0..<rows {
                for column in 0..<width { body(row * width + column, values[column]) }
            }
        }
    }
}
