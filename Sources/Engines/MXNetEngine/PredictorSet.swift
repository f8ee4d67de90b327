import CMXNet
import ServingCore

/// A model's predictors in one lane: one for each combination of input shapes seen lately, all over
/// the same weights and the same input arrays.
///
/// MXNet gives a reshaped predictor the input arrays of the one it was made from. While an array is
/// large enough, all of them stay good. When it has to grow, it moves, and the predictors made
/// before must go: they still point to where it was.
///
/// `@unchecked Sendable`: used by whoever has taken the lane, one at a time.
final class PredictorSet: @unchecked Sendable {
    /// A predictor with what its outputs will be.
    ///
    /// `@unchecked Sendable`: used on any thread, by one at a time: whoever has taken the lane.
    struct Bound: @unchecked Sendable {
        let handle: MXPredictorHandle
        let outputShapes: [[Int]]
        /// How long runs take.
        let pace = Pace()
        fileprivate var lastUse: UInt64
    }

    /// How long the last complete run of a predictor took; nil before the first.
    final class Pace {
        var nanoseconds: UInt64?
    }

    /// Most shapes whose predictors are kept.
    private static let boundMaximum = 8

    private let blueprint: Blueprint
    private let lane: PredictorLane
    private let outputCount: Int
    private var bound: [[[Int]]: Bound] = [:]
    /// Elements for which each input's and label's array has room.
    private var rooms: [Int]
    private var uses: UInt64 = 0
    /// Why no run is possible any more: memory ran out while an array moved.
    private var defect: ServingError?

    /// Makes the first predictor.
    ///
    /// - Throws: `model_invalid` with MXNet's words.
    init(
        _ blueprint: Blueprint, _ lane: PredictorLane, _ files: ModelBytes, _ shapes: [[Int]],
        outputCount: Int
    ) throws(ServingError) {
        self.blueprint = blueprint
        self.lane = lane
        self.outputCount = outputCount
        let made = lane.make { () -> Result<Bound, ServingError> in
            Self.result { () throws(ServingError) in
                try blueprint.library.withShapes(numpy: blueprint.usesNumpyShapes) {
                    () throws(ServingError) in
                    let handle = try blueprint.create(files, shapes)
                    return try Self.described(handle, blueprint, outputCount)
                }
            }
        }
        let first = try made.get()
        rooms = shapes.map { $0.reduce(1, *) }
        rooms += Self.labelShapes(blueprint, first.outputShapes, shapes).map { $0.reduce(1, *) }
        bound[shapes] = first
    }

    /// The types of the outputs, which do not depend on shapes.
    func outputTypes() throws(ServingError) -> [Int] {
        guard let any = bound.values.first else { throw gone }
        return try blueprint.outputTypes(of: any.handle, count: outputCount)
    }

    /// The predictor for these shapes, made now if it is not there; the lane must be taken.
    ///
    /// - Throws: `invalid_tensor` when the network does not take them; `resource_exhausted`.
    func predictor(for shapes: [[Int]]) throws(ServingError) -> Bound {
        uses += 1
        if let known = bound[shapes] {
            bound[shapes]?.lastUse = uses
            return known
        }
        if let defect { throw defect }
        guard let (baseShapes, base) = bound.max(by: { $0.value.lastUse < $1.value.lastUse }) else {
            throw gone
        }
        let all = shapes + Self.labelShapes(blueprint, base.outputShapes, shapes)
        let needed = all.map { $0.reduce(1, *) }
        let grows = zip(needed, rooms).contains { $0 > $1 }
        do throws(ServingError) {
            var made = try reshaped(base.handle, all, numpy: blueprint.usesNumpyShapes)
            made.lastUse = uses
            keep(made, for: shapes, alone: grows)
            rooms = zip(rooms, needed).map(max)
            return made
        } catch {
            if grows { recover(base, baseShapes, error) }
            throw defect ?? error
        }
    }

    /// The shapes of the outputs for inputs of which some have no elements; nothing is run.
    func outputShapes(withoutElements shapes: [[Int]]) throws(ServingError) -> [[Int]] {
        if let defect { throw defect }
        guard let base = bound.values.first else { throw gone }
        let all = shapes + Self.labelShapes(blueprint, base.outputShapes, shapes)
        guard zip(all, rooms).allSatisfy({ $0.reduce(1, *) <= $1 }) else {
            throw ServingError(
                .invalidTensor, "an input has no elements and another has more than before")
        }
        let made = try reshaped(base.handle, all, numpy: true)
        _ = blueprint.library.functions.free(made.handle)
        return made.outputShapes
    }

    /// Frees all predictors; the lane must be taken.
    func removeAll() {
        for entry in bound.values { _ = blueprint.library.functions.free(entry.handle) }
        bound = [:]
    }

    deinit { removeAll() }

    private var gone: ServingError {
        ServingError(.internalError, "a run after the model was unloaded")
    }

    private func reshaped(_ base: MXPredictorHandle, _ shapes: [[Int]], numpy: Bool)
        throws(ServingError) -> Bound
    {
        let blueprint = blueprint
        let outputCount = outputCount
        let from = SendableHandle(value: base)
        return try lane.make { () -> Result<Bound, ServingError> in
            Self.result { () throws(ServingError) in
                try blueprint.library.withShapes(numpy: numpy) { () throws(ServingError) in
                    let handle = try blueprint.reshape(from.value, shapes)
                    return try Self.described(handle, blueprint, outputCount)
                }
            }
        }.get()
    }

    /// Puts a predictor among the others, or in place of them all.
    private func keep(_ made: Bound, for shapes: [[Int]], alone: Bool) {
        if alone {
            removeAll()
        } else if bound.count >= Self.boundMaximum,
            let oldest = bound.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            _ = blueprint.library.functions.free(oldest.value.handle)
            bound[oldest.key] = nil
        }
        bound[shapes] = made
    }

    /// After a failure that may have moved an array: binds the last predictor anew, drops the rest.
    private func recover(_ base: Bound, _ shapes: [[Int]], _ error: ServingError) {
        let all = shapes + Self.labelShapes(blueprint, base.outputShapes, shapes)
        if error.message.contains("alloc") {
            defect = ServingError(
                .resourceExhausted,
                "MXNet ran out of memory while it made room for a larger batch, and the model has "
                    + "to be loaded again: \(error.message)")
        } else if let again = try? reshaped(base.handle, all, numpy: blueprint.usesNumpyShapes) {
            keep(again, for: shapes, alone: true)
            return
        } else {
            defect = error
        }
        removeAll()
    }

    private static func described(
        _ handle: MXPredictorHandle, _ blueprint: Blueprint, _ outputCount: Int
    ) throws(ServingError) -> Bound {
        do throws(ServingError) {
            let shapes = try blueprint.outputShapes(of: handle, count: outputCount)
            return Bound(handle: handle, outputShapes: shapes, lastUse: 0)
        } catch {
            _ = blueprint.library.functions.free(handle)
            throw error
        }
    }

    /// The shapes of labels, which MXNet wants to be told when a predictor is made from another.
    private static func labelShapes(
        _ blueprint: Blueprint, _ outputs: [[Int]], _ inputs: [[Int]]
    ) -> [[Int]] {
        guard let rows = inputs.first?.first else { return [] }
        return blueprint.interface.labels.map { label in
            var shape = outputs.indices.contains(label.output) ? outputs[label.output] : [1]
            if !shape.isEmpty { shape[0] = rows }
            return label.isIndex && shape.count > 1 ? Array(shape.dropLast()) : shape
        }
    }

    private static func result<Value>(_ body: () throws(ServingError) -> Value)
        -> Result<Value, ServingError>
    {
        do throws(ServingError) { return .success(try body()) } catch { return .failure(error) }
    }
}

/// `@unchecked Sendable`: a predictor may be used on any thread, by one at a time.
private struct SendableHandle: @unchecked Sendable {
    let value: MXPredictorHandle
}
