import Inference
import Listener
import NIOCore
import ServingCore
import Tensors

/// The protocol's `ModelInfer`, and the single requests of `ModelStreamInfer`.
enum ModelInferPredict: ContextualGRPCPredictProtocol {
    /// What reading and writing need of the server.
    struct Context: Sendable {
        /// Shared memory, classification and the compatibility setting.
        var extensions: OpenInferenceExtensions
        /// Whether answers are `ModelStreamInferResponse`, not `ModelInferResponse`.
        var isStream = false
    }

    /// What the answer must know of the request.
    struct ReplyForm: Sendable {
        /// The request's id, which the answer repeats.
        var id = ""
        /// Whether outputs are written as typed contents, when all of them have such a form.
        var isTyped = false
        /// What is wanted of each output that was asked for; empty when all are plain.
        var outputs: [OutputForm] = []
        /// The model, where an output is ranked.
        var ranked: ModelMetadata?
        /// Whether the answer is part of a stream.
        var isStream = false

        /// The region that takes the output at this position; nil when the answer does.
        func sharedMemory(_ index: Int) -> SharedMemoryReference? {
            index < outputs.count ? outputs[index].sharedMemory : nil
        }
    }

    static let wire = WireProtocol.openInferenceGRPC

    static func parse(_ message: ByteBuffer) throws(ServingError) -> ModelInferMessage {
        try ModelInferMessage(message)
    }

    static func model(of message: ModelInferMessage) throws(ServingError) -> ModelReference {
        try ModelVersionText.reference(message.modelName, version: message.modelVersion)
    }

    static func decode(
        _ message: ModelInferMessage, _ call: GRPCCall, _ metadata: ModelMetadata,
        in context: Context
    ) throws(ServingError) -> (InferenceRequest, ReplyForm) {
        let parameters = try ModelInferParameters(message.parameters)
        let regions = context.extensions.sharedMemory
        var inputs = ModelInferInputs(message, model: metadata.identity.name)
        var request = InferenceRequest(
            inputs: try inputs.read { (input, type, shape) throws(ServingError) in
                guard let place = try input.sharedMemory() else { return nil }
                return try regions.read(place, type, shape)
            })
        if let timeout = parameters.timeoutMicroseconds {
            let (nanoseconds, overflow) = timeout.multipliedReportingOverflow(by: 1000)
            request.deadline = call.received.advanced(byNanoseconds: overflow ? .max : nanoseconds)
        }
        var form = ReplyForm(id: message.id, isStream: context.isStream)
        form.isTyped = isTyped(
            requestIsTyped: inputs.usesTypedContents, rawOutput: parameters.rawOutput,
            context.extensions.compatibility)
        try readOutputs(message, metadata, regions, &request, &form)
        return (request, form)
    }

    /// Answers have the form of the request, except that Triton's are always raw; the request's
    /// parameter `binary_data_output` outweighs both.
    static func isTyped(
        requestIsTyped: Bool, rawOutput: Bool?, _ compatibility: OpenInferenceCompatibility
    ) -> Bool {
        if let rawOutput { return !rawOutput }
        return requestIsTyped && compatibility != .triton
    }

    private static func readOutputs(
        _ message: ModelInferMessage, _ metadata: ModelMetadata, _ regions: SystemSharedMemory,
        _ request: inout InferenceRequest, _ form: inout ReplyForm
    ) throws(ServingError) {
        guard !message.outputs.isEmpty else { return }
        request.outputNames = message.outputs.map(\.name)
        var forms: [OutputForm] = []
        for output in message.outputs {
            let form = try output.form()
            if let place = form.sharedMemory { try regions.check(place) }
            forms.append(form)
        }
        // Plain outputs, the usual case, cost nothing later.
        guard !forms.allSatisfy(\.isPlain) else { return }
        form.outputs = forms
        if forms.contains(where: { $0.classification > 0 }) { form.ranked = metadata }
    }

    static func encode(
        _ response: InferenceResponse, as form: ReplyForm, in context: Context
    ) throws(ServingError) -> GRPCReply {
        var response = response
        if let metadata = form.ranked {
            response = try OutputShaping.shaped(response, form.outputs, metadata)
        }
        for (index, output) in response.outputs.enumerated() {
            guard let place = form.sharedMemory(index) else { continue }
            try context.extensions.sharedMemory.write(output.tensor, to: place)
        }
        return try ModelInferResponseWriter(response, form).reply()
    }

    static func status(_ error: ServingError, in context: Context) -> GRPCStatus {
        OpenInferenceGRPCStatus.of(error, context.extensions.compatibility)
    }

    static func refusalWords(_ error: ServingError, for model: ModelReference) -> ServingError {
        error
    }
}
