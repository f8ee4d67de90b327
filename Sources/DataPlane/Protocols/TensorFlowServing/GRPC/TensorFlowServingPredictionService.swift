public import Inference
public import Listener

/// `tensorflow.serving.PredictionService`, for models of every framework.
public struct TensorFlowServingPredictionService: GRPCService {
    public let name = "tensorflow.serving.PredictionService"
    public let methods: [String: GRPCMethod]

    /// Joins the service with what answers for it.
    ///
    /// - Parameters:
    ///   - tensorContent: Whether answers carry tensors in `tensor_content` instead of typed fields.
    ///   - further: Methods that are built elsewhere: `Classify`, `Regress`, `MultiInference`.
    public init(
        service: any InferenceService, observer: any ServerObserver, tensorContent: Bool = false,
        further: [String: GRPCMethod] = [:]
    ) {
        var methods = further
        methods["Predict"] =
            tensorContent
            ? .unary(PredictMethod<ContentReplies>(service: service, observer: observer))
            : .unary(PredictMethod<TypedReplies>(service: service, observer: observer))
        methods["GetModelMetadata"] = .unary(
            GetModelMetadataMethod(service: service, observer: observer))
        self.methods = methods
    }
}

/// Answers `Predict`.
private struct PredictMethod<Replies: TensorReplyForm>: GRPCUnaryMethod {
    let service: any InferenceService
    let observer: any ServerObserver

    func handle(_ call: GRPCCall, _ responder: GRPCResponder) {
        GRPCPredictCall<TensorFlowServingGRPCPredict<Replies>>.run(
            call, service: service, observer: observer, responder)
    }
}
