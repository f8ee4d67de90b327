public import Inference
public import Listener

/// `tensorflow.serving.ModelService`.
public struct TensorFlowServingModelService: GRPCService {
    public let name = "tensorflow.serving.ModelService"
    public let methods: [String: GRPCMethod]

    /// Joins the service with what answers for it.
    ///
    /// - Parameter administration: What replaces the models; nil when the server cannot.
    public init(
        catalog: any ModelCatalog, observer: any ServerObserver,
        administration: (any ModelAdministration)?
    ) {
        methods = [
            "GetModelStatus": .unary(GetModelStatusMethod(catalog: catalog, observer: observer)),
            "HandleReloadConfigRequest": .unary(
                ReloadConfigMethod(administration: administration, observer: observer)),
        ]
    }
}
