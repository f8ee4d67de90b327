public import Inference
public import Listener

/// The methods of `tensorflow.serving.PredictionService` that take examples.
public enum TensorFlowServingExampleMethods {
    /// `Classify`, `Regress` and `MultiInference`, for `TensorFlowServingPredictionService`.
    public static func methods(service: any InferenceService, observer: any ServerObserver)
        -> [String: GRPCMethod]
    {
        [
            "Classify": .unary(Examples<Classification>(service: service, observer: observer)),
            "Regress": .unary(Examples<Regression>(service: service, observer: observer)),
            "MultiInference": .unary(MultiInferenceMethod(service: service, observer: observer)),
        ]
    }

    /// Answers `Classify` or `Regress`.
    private struct Examples<Method: ExampleMethodType>: GRPCUnaryMethod {
        let service: any InferenceService
        let observer: any ServerObserver

        func handle(_ call: GRPCCall, _ responder: GRPCResponder) {
            GRPCPredictCall<TensorFlowServingGRPCExamples<Method>>.run(
                call, service: service, observer: observer, responder)
        }
    }
}
