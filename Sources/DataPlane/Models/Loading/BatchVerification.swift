import EngineInterface
import Inference
import ServingCore
import Tensors

/// Checks that rows of a batch are independent, as the shapes of a signature promise: two different
/// rows must give the same answers singly and together.
///
/// Models break the promise when a reshape has a batch of 1 built in, or when a layer mixes rows.
struct BatchVerification {
    let model: any LoadedModel
    /// Recorded requests, whose inputs are tried when made-up ones are refused.
    let recorded: [InferenceRequest]
    /// Whether inputs may be made up.
    let mayMakeUp: Bool
    /// How long all runs together may take; a model that is slower is believed without proof.
    let timeLimit: Duration
    /// Cancelled when the load is abandoned.
    private let abandonment: RequestCancellation
    private let cancellation = RunCancellation()

    init(
        model: any LoadedModel, recorded: [InferenceRequest], mayMakeUp: Bool,
        timeLimit: Duration, abandonment: RequestCancellation = RequestCancellation()
    ) {
        self.model = model
        self.recorded = recorded
        self.mayMakeUp = mayMakeUp
        self.timeLimit = timeLimit
        self.abandonment = abandonment
    }

    /// Says why requests must not share a run; nil when they may, or when the model takes none of
    /// the inputs that could be tried.
    func objection() -> String? {
        let isDone = Condition(false)
        defer { isDone.change { $0 = true } }
        let (limit, cancellation) = (timeLimit.nanosecondsClamped, cancellation)
        abandonment.onCancel {
            cancellation.cancel(ServingError(.cancelled, "the version is not wanted any more"))
        }
        defer { abandonment.onCancel(nil) }
        // Nothing else would stop a run that hangs. Without a thread to spare nothing is proved.
        guard
            (try? NamedThread.start("model-verify") {
                let ended = isDone.wait(timeoutNanoseconds: limit) { $0 ? true : nil }
                guard ended == nil else { return }
                cancellation.cancel(
                    ServingError(.deadlineExceeded, "the batch check took too long"))
            }) != nil
        else { return nil }
        for signature in model.declaration.signatures {
            guard case .leadingDimension = signature.batching else { continue }
            if let objection = objection(to: signature) {
                return "signature '\(signature.name)': \(objection)"
            }
        }
        return nil
    }

    private func objection(to signature: ModelSignature) -> String? {
        if let name = Self.repeatedLeadingName(signature) {
            return "dimension '\(name)' is the outermost one and appears again further in"
        }
        for (first, second) in candidates(signature) {
            guard let left = try? run(signature, first), let right = try? run(signature, second)
            else { continue }
            return compare(signature, rows: (first, second), singly: (left, right))
        }
        return nil
    }

    /// Pairs of rows to try: varied values, recorded requests, zeros and ones.
    private func candidates(_ signature: ModelSignature) -> [([Tensor], [Tensor])] {
        var pairs: [([Tensor], [Tensor])] = []
        func add(_ first: MadeUpInputs.Content, _ second: MadeUpInputs.Content) {
            guard mayMakeUp, let left = try? MadeUpInputs.tensors(for: signature, first),
                let right = try? MadeUpInputs.tensors(for: signature, second)
            else { return }
            pairs.append((left, right))
        }
        add(.varied(seed: 1), .varied(seed: 2))
        let rows = recordedRows(signature)
        if let first = rows.first {
            let shapes = first.map(\.shape)
            pairs.append((first, rows.dropFirst().first { $0.map(\.shape) == shapes } ?? first))
        }
        add(.zeros, .ones)
        return pairs
    }

    private func recordedRows(_ signature: ModelSignature) -> [[Tensor]] {
        recorded.prefix(8).flatMap { request -> [[Tensor]] in
            let name = request.signatureName ?? model.declaration.signatures[0].name
            guard name == signature.name, let inputs = try? signature.bind(request.inputs),
                let rows = inputs.first?.shape.leadingDimension, (1...64).contains(rows),
                inputs.allSatisfy({ $0.shape.leadingDimension == rows })
            else { return [] }
            let ones = [Int](repeating: 1, count: rows)
            let columns = inputs.compactMap { try? $0.splittingRows(ones) }
            guard columns.count == inputs.count else { return [] }
            return (0..<rows).map { row in columns.map { $0[row] } }
        }
    }

    private func compare(
        _ signature: ModelSignature, rows: ([Tensor], [Tensor]), singly: ([Tensor], [Tensor])
    ) -> String? {
        var together: [Tensor] = []
        do throws(ServingError) {
            var inputs: [Tensor] = []
            for (first, second) in zip(rows.0, rows.1) {
                inputs.append(try .concatenatingRows([first, second]))
            }
            together = try run(signature, inputs)
        } catch {
            return "it fails when two rows are run together: \(error.message)"
        }
        for (index, output) in signature.outputs.enumerated() {
            guard index < together.count, index < singly.0.count, index < singly.1.count else {
                return "it answers with fewer outputs than it declares"
            }
            guard let parts = try? together[index].splittingRows([1, 1]) else {
                return "output '\(output.name)' of two rows has shape \(together[index].shape)"
            }
            guard TensorComparison.areAlike(parts[0], singly.0[index]),
                TensorComparison.areAlike(parts[1], singly.1[index])
            else {
                return "output '\(output.name)' of a row changes when another row is beside it"
            }
        }
        return nil
    }

    private func run(_ signature: ModelSignature, _ inputs: [Tensor]) throws(ServingError)
        -> [Tensor]
    {
        try model.run(
            signature: signature, inputs: inputs,
            outputIndices: Array(signature.outputs.indices), cancellation: cancellation)
    }

    /// A name that stands for the batch and for an inner dimension: then the rows of a joined batch
    /// would have the wrong inner extent.
    private static func repeatedLeadingName(_ signature: ModelSignature) -> String? {
        let all = (signature.inputs + signature.outputs).compactMap(\.dimensions)
        for case .dynamic(let name?) in all.compactMap(\.first)
        where all.contains(where: { $0.dropFirst().contains(.dynamic(name: name)) }) {
            return name
        }
        return nil
    }
}
