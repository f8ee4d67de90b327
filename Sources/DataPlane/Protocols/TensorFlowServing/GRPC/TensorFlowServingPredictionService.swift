public import Inference
public import Listener

/// `tensorflow.serving.PredictionService`, for models of every framework.
public struct TensorFlowServingPredictionService: GRPCService {
    public let name = "tensorflow.serving.PredictionService"
    public let methods: [String: GRPCMethod]

    /// Joins the service with what answers for it.
    ///
    /// - Parameter tensorContent: Whether answers carry tensors in `tensor_content` instead of typed
    ///   fields.
    public init(
        service: any InferenceService, observer: any ServerObserver, tensorContent: Bool = false
    ) {
        func unary<Wire: GRPCPredictProtocol>(_ wire: Wire.Type) -> GRPCMethod {
            .unary(PredictMethod<Wire>(service: service, observer: observer))
        }
        methods = [
            "Predict": tensorContent
                ? unary(TensorFlowServingGRPCPredict<ContentReplies>.self)
                : unary(TensorFlowServingGRPCPredict<TypedReplies>.self),
            "Classify": unary(TensorFlowServingGRPCExamples<Classification>.self),
            "Regress": unary(TensorFlowServingGRPCExamples<Regression>.self),
            "MultiInference": .unary(MultiInferenceMethod(service: service, observer: observer)),
            "GetModelMetadata": .unary(
                GetModelMetadataMethod(service: service, observer: observer)),
        ]
    }
}

/// Answers a method that runs a model once.
private struct PredictMethod<Wire: GRPCPredictProtocol>: GRPCUnaryMethod {
    let service: any InferenceService
    let observer: any ServerObserver

    func handle(_ call: GRPCCall, _ responder: GRPCResponder) {
        GRPCPredictCall<Wire>.run(call, service: service, observer: observer, responder)
    }
}
