import CTensorFlow
import Inference
import ServingCore
import Synchronization
import Tensors

/// A signature with its tensors found in the graph, and the slots that its runs use.
///
/// `@unchecked Sendable`: the arrays of tensors are written in the initialiser only; idle slots are
/// behind the lock. The operations belong to the graph, which lives as long as the session held here.
final class SignaturePlan: @unchecked Sendable {
    let signature: ModelSignature
    let session: TensorFlowSession
    /// Where the inputs go in, in the signature's order.
    let inputs: UnsafeMutablePointer<TF_Output>
    /// Where the outputs come out, in the signature's order.
    let outputs: UnsafeMutablePointer<TF_Output>
    private let idle = Mutex<[RunSlot]>([])

    /// Finds the tensors.
    ///
    /// - Throws: `model_invalid` for a name that is not in the graph, or another type there.
    init(_ row: SignatureTable.Row, _ session: TensorFlowSession) throws(ServingError) {
        signature = row.signature
        self.session = session
        let found = try zip(row.inputs, row.signature.inputs).map {
            (place, specification) throws(ServingError) in
            try Self.find(place, specification, session, row.signature.name)
        }
        let given = try zip(row.outputs, row.signature.outputs).map {
            (place, specification) throws(ServingError) in
            try Self.find(place, specification, session, row.signature.name)
        }
        inputs = .allocate(capacity: max(1, found.count))
        inputs.initialize(from: found, count: found.count)
        outputs = .allocate(capacity: max(1, given.count))
        outputs.initialize(from: given, count: given.count)
    }

    deinit {
        inputs.deallocate()
        outputs.deallocate()
    }

    /// A slot of its own for a run; give it back after.
    ///
    /// - Throws: `resource_exhausted`.
    func takeSlot() throws(ServingError) -> RunSlot {
        if let slot = idle.withLock({ $0.popLast() }) { return slot }
        return try RunSlot(self)
    }

    /// Keeps a slot, whose tensors are gone, for the next run.
    func giveBack(_ slot: RunSlot) {
        idle.withLock { $0.append(slot) }
    }

    /// Forgets the slots, which hold this object.
    func clear() {
        idle.withLock { $0.removeAll() }
    }

    private static func find(
        _ place: SignatureTable.Place, _ specification: TensorSpecification,
        _ session: TensorFlowSession, _ name: String
    ) throws(ServingError) -> TF_Output {
        let library = session.library
        guard let operation = library.operationByName(session.graph, place.operation),
            place.index < library.outputCount(operation)
        else {
            throw ServingError(
                .modelInvalid,
                "signature '\(name.clipped())' names the tensor "
                    + "'\(place.operation.clipped()):\(place.index)', which is not in the graph")
        }
        let output = TF_Output(operation: operation, index: place.index)
        let type = library.outputType(output)
        guard TensorFlowElementType.type(type) == specification.elementType else {
            throw ServingError(
                .modelInvalid,
                "signature '\(name.clipped())' says that '\(specification.name.clipped())' is "
                    + "\(specification.elementType), but in the graph it is another type")
        }
        return output
    }
}
