import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Wire

/// A method as a type, so that the choice costs no call anything.
protocol ExampleMethodType: Sendable {
    /// The method.
    static var method: ExampleMethod { get }
}

/// Labels and scores for each example.
enum Classification: ExampleMethodType {
    static let method = ExampleMethod.classify
}

/// A number for each example.
enum Regression: ExampleMethodType {
    static let method = ExampleMethod.regress
}

/// TensorFlow Serving's `:classify` and `:regress`.
enum TensorFlowServingExamples<Method: ExampleMethodType>: PredictProtocol {
    typealias ReplyForm = ExampleCall

    static var wire: WireProtocol { .tensorFlowServingREST }

    static func decode(_ request: HTTPRequest, _ metadata: ModelMetadata) throws(ServingError)
        -> (InferenceRequest, ExampleCall)
    {
        let (signatureName, examples) = try ExampleRequestReader.read(request.body)
        return try ExampleCall.begin(
            Method.method, signatureName: signatureName, examples, metadata)
    }

    static func encode(_ response: InferenceResponse, as form: ExampleCall) throws(ServingError)
        -> HTTPResponse
    {
        HTTPResponse(
            .ok, contentType: TensorFlowServingReply.contentType,
            body: try form.result(of: response.outputs).json())
    }

    static func refusal(_ error: ServingError) -> HTTPResponse {
        TensorFlowServingReply.refusal(error)
    }

    static func refusalWords(_ error: ServingError, for model: ModelReference) -> ServingError {
        TensorFlowServingPredict.refusalWords(error, for: model)
    }
}
