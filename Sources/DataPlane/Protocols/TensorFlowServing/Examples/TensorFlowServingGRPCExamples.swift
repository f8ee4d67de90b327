import Inference
import Listener
import NIOCore
import ServingCore
import Wire

/// `PredictionService.Classify` and `Regress`. Answers: result 1, model_spec 2.
enum TensorFlowServingGRPCExamples<Method: ExampleMethodType>: GRPCPredictProtocol {
    typealias Message = ExampleRequestMessage
    typealias ReplyForm = ExampleCall

    static var wire: WireProtocol { .tensorFlowServingGRPC }

    static func parse(_ message: ByteBuffer) throws(ServingError) -> ExampleRequestMessage {
        try ExampleRequestMessage(message)
    }

    static func model(of message: ExampleRequestMessage) throws(ServingError) -> ModelReference {
        try ModelSpecMessage.required(message.modelSpec).reference()
    }

    static func decode(
        _ message: ExampleRequestMessage, _ call: GRPCCall, _ metadata: ModelMetadata
    ) throws(ServingError) -> (InferenceRequest, ExampleCall) {
        try ExampleCall.begin(
            Method.method, signatureName: message.modelSpec?.signatureName, message.input,
            metadata)
    }

    static func encode(_ response: InferenceResponse, as form: ExampleCall) throws(ServingError)
        -> GRPCReply
    {
        let result = try form.result(of: response.outputs)
        return GRPCReply { buffer in
            buffer.writeProtobuf(1) { result.write(to: &$0) }
            ModelSpecMessage.write(
                2, name: response.identity.name.text, version: response.identity.version,
                signatureName: form.signatureName, to: &buffer)
        }
    }

    static func status(_ error: ServingError) -> GRPCStatus {
        TensorFlowServingGRPCStatus.of(error)
    }

    static func refusalWords(_ error: ServingError, for model: ModelReference) -> ServingError {
        TensorFlowServingPredict.refusalWords(error, for: model)
    }
}
