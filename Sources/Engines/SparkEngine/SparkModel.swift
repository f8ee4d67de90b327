import EngineInterface
import Inference
import ServingCore
import Synchronization
import Tensors

/// A loaded pipeline.
final class SparkModel: LoadedModel {
    /// What runs, and what they compute in.
    private struct Ready {
        let plan: Plan?
        /// Numbers in a row of each input, for which the plan was made.
        let widths: [Int]
        var idleFrames: [Frame] = []
    }

    let declaration: LoadedModelDeclaration
    let concurrencyMaximum: Int
    private let builder: PlanBuilder
    private let ready: Mutex<Ready?>

    /// Reads a saved pipeline and lays it out.
    ///
    /// - Throws: `model_invalid`, `configuration_invalid`, `file_unreadable`.
    init(_ files: SavedFiles, _ options: SparkOptions, concurrencyMaximum: Int)
        throws(ServingError)
    {
        let pipeline = try LoadedPipeline(files)
        builder = try PlanBuilder(
            pipeline.stages, outputs: options.outputs, given: options.inputs)
        let signature = try PipelineSignature.make(builder)
        declaration = LoadedModelDeclaration(
            platform: "spark_mllib", signatures: [signature], properties: pipeline.properties)
        self.concurrencyMaximum = concurrencyMaximum
        // A plan whose widths only a request says is made with the first request.
        if builder.inputs.contains(where: { $0.kind == .vector(nil) }) {
            ready = Mutex(Ready(plan: nil, widths: []))
        } else {
            let widths = builder.inputs.map { $0.kind.width ?? 0 }
            let plan = try Plan(builder, widths: [:])
            ready = Mutex(Ready(plan: plan, widths: widths))
        }
    }

    func run(
        signature: ModelSignature, inputs: [Tensor], outputIndices: [Int],
        cancellation: RunCancellation
    ) throws(ServingError) -> [Tensor] {
        if let error = cancellation.error { throw error }
        let bound = try BoundInputs(inputs, builder.inputs.map(\.kind))
        let (plan, frame) = try take(bound.widths)
        defer { giveBack(frame, bound.widths) }
        var run = try PipelineRun(
            plan, frame, bound, signature: signature, outputIndices: outputIndices)
        defer { withExtendedLifetime(inputs) {} }
        return try run.execute(cancellation)
    }

    func unload() {
        let last = ready.withLock { state -> Ready? in
            defer { state = nil }
            return state
        }
        withExtendedLifetime(last) {}
    }

    private func take(_ widths: [Int]) throws(ServingError) -> (Plan, Frame) {
        let taken = ready.withLock { state -> (plan: Plan?, frame: Frame?)? in
            guard state != nil else { return nil }
            guard state?.widths == widths else { return (nil, nil) }
            return (state?.plan, state?.idleFrames.popLast())
        }
        guard let taken else {
            throw ServingError(.internalError, "a run after the model was unloaded")
        }
        if let plan = taken.plan { return (plan, taken.frame ?? Frame(plan.slots)) }
        let plan: Plan
        do throws(ServingError) {
            plan = try Plan(builder, widths: Self.named(builder, widths))
        } catch {
            throw ServingError(.invalidTensor, error.message)
        }
        ready.withLock { state in
            if state != nil { state = Ready(plan: plan, widths: widths) }
        }
        return (plan, Frame(plan.slots))
    }

    private func giveBack(_ frame: Frame, _ widths: [Int]) {
        ready.withLock { state in
            if state?.widths == widths { state?.idleFrames.append(frame) }
        }
    }

    private static func named(_ builder: PlanBuilder, _ widths: [Int]) -> [String: Int] {
        Dictionary(zip(builder.inputs.map(\.name), widths)) { first, _ in first }
    }
}

/// The stages of a saved pipeline, read.
struct LoadedPipeline {
    private(set) var stages: [any Stage] = []
    /// Who wrote it, and its stages in order.
    let properties: [(key: String, value: String)]

    init(_ files: SavedFiles) throws(ServingError) {
        let saved = try SavedPipeline.stages(files)
        properties = [
            (key: "spark_version", value: saved.first?.sparkVersion ?? ""),
            (key: "stages", value: saved.map(\.shortName).joined(separator: ", ")),
        ]
        for stage in saved { stages.append(try StageReader.stage(stage)) }
        for (index, stage) in stages.enumerated() {
            guard let names = stage as? IndexToString, names.needsLabels else { continue }
            if let labels = labels(of: names.inputs[0].name) {
                stages[index] = IndexToString(names, labels: labels)
            }
        }
    }

    /// The labels that the indexer of a column learnt.
    private func labels(of column: String) -> TextTable? {
        for case let indexer as StringIndexer in stages {
            if let place = indexer.outputs.firstIndex(of: column) { return indexer.labels[place] }
        }
        return nil
    }
}
