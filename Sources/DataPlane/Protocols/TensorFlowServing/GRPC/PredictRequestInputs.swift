import Inference
import NIOCore
import ServingCore
import Tensors
import Wire

/// Puts the tensors of a `PredictRequest` to a signature, with the checks and the words of TensorFlow
/// Serving (`predict_util.cc`) and TensorFlow (`saved_model/util.cc`).
enum PredictRequestInputs {
    /// The signature that a message names.
    ///
    /// - Throws: `signature_not_found`.
    static func signature(named name: String, in metadata: ModelMetadata) throws(ServingError)
        -> ModelSignature
    {
        do throws(ServingError) {
            return try metadata.signature(named: name)
        } catch {
            throw ServingError(
                error.code, "Serving signature key \"\(name.clipped())\" not found.", cause: error)
        }
    }

    /// Reads the inputs, in the signature's order.
    ///
    /// - Throws: `invalid_tensor` for inputs that do not fit the signature or whose tensors are
    ///   damaged; `unsupported` for a data type that is not served.
    static func read(_ message: PredictRequestMessage, _ signature: ModelSignature)
        throws(ServingError) -> [NamedTensor]
    {
        guard message.inputs.count == signature.inputs.count else {
            throw wrongNumber(message, signature)
        }
        var tensors: [NamedTensor] = []
        tensors.reserveCapacity(signature.inputs.count)
        for specification in signature.inputs {
            let input = message.inputs.first { $0.name == specification.name }
            guard let input else { throw missing(specification, message) }
            tensors.append(
                NamedTensor(specification.name, try read(input.tensor, specification)))
        }
        return tensors
    }

    /// Reads one tensor; type and shape come first, so that nothing is allocated for a tensor that
    /// does not fit.
    private static func read(_ message: ByteBuffer, _ specification: TensorSpecification)
        throws(ServingError) -> Tensor
    {
        let name = specification.name
        let (proto, type, shape) = try parsing(name) { () throws(ServingError) in
            let proto = try TensorProto(message)
            return (proto, try proto.dataType.supported(), try proto.shape())
        }
        guard type == specification.elementType else {
            throw ServingError(
                .invalidTensor,
                "Expected input \(name) to be \(specification.elementType.tensorFlowName) "
                    + "but get \(type.tensorFlowName).")
        }
        guard specification.accepts(shape) else {
            throw ServingError(
                .invalidTensor,
                "input '\(name)' has shape \(specification.wireShape ?? []) (-1: any), not "
                    + "\(shape)")
        }
        return try parsing(name) { () throws(ServingError) in try proto.tensor() }
    }

    /// Puts TensorFlow Serving's words in front of an error, except where memory is short.
    private static func parsing<Result>(
        _ name: String, _ body: () throws(ServingError) -> Result
    ) throws(ServingError) -> Result {
        do throws(ServingError) {
            return try body()
        } catch {
            guard error.code != .resourceExhausted else { throw error }
            // The original's only code for all of them.
            throw ServingError(
                .invalidTensor, "tensor parsing error: \(name): \(error.message)", cause: error)
        }
    }

    /// The outputs that the message asks for; nil for all.
    ///
    /// - Throws: `invalid_tensor` for unknown and repeated names.
    static func outputNames(_ message: PredictRequestMessage, _ signature: ModelSignature)
        throws(ServingError) -> [String]?
    {
        for (index, name) in message.outputFilter.enumerated() {
            guard signature.outputIndex(of: name) != nil else {
                throw ServingError(
                    .invalidTensor,
                    "output tensor alias not found in signature: \(name.clipped()) Outputs "
                        + "expected to be in the set {\(list(signature.outputs.map(\.name)))}.")
            }
            guard !message.outputFilter[..<index].contains(name) else {
                throw ServingError(
                    .invalidTensor, "duplicate output tensor alias: \(name.clipped())")
            }
        }
        return message.outputFilter.isEmpty ? nil : message.outputFilter
    }

    private static func wrongNumber(
        _ message: PredictRequestMessage, _ signature: ModelSignature
    ) -> ServingError {
        let sent = Set(message.inputs.map(\.name))
        let wanted = Set(signature.inputs.map(\.name))
        return ServingError(
            .invalidTensor,
            "input size does not match signature: \(sent.count)!=\(wanted.count) len({"
                + "\(list(sent))}) != len({\(list(wanted))}). Sent extra: {"
                + "\(list(sent.subtracting(wanted)))}. Missing but required: {"
                + "\(list(wanted.subtracting(sent)))}.")
    }

    /// As many inputs as there should be, but one of them under another name.
    private static func missing(
        _ specification: TensorSpecification, _ message: PredictRequestMessage
    ) -> ServingError {
        let name = specification.name
        return ServingError(
            .invalidTensor,
            "Signature input alias: \(name)(feed name: \(name)) not found in request and no "
                + "default value provided. Inputs expected to be in the request {"
                + "\(list(message.inputs.map(\.name)))}, or default input alias set: ")
    }

    /// Names as TensorFlow Serving lists them: sorted, with commas.
    private static func list(_ names: some Sequence<String>) -> String {
        names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .joined(separator: ",").clipped(to: Limits.statusMessageBytesMaximum / 4)
    }
}
