// Only where the rooms are built for testing: debug builds and `make fuzz`.
#if DEBUG || FUZZING

    import Inference
    import ServingCore
    import Tensors

    @testable import Protocols

    /// Models that are never run, for readers that must know what a model takes.
    struct FuzzedModels: Sendable {
        /// A model with one input.
        let one: ModelMetadata
        /// A model with inputs of several types.
        let several: ModelMetadata
        /// Extensions of a server without models.
        let extensions = OpenInferenceExtensions(service: NoModels(), catalog: NoModels())

        static let shared = FuzzedModels()

        private init?() {
            guard let name = try? ModelName("fuzz") else { return nil }
            let x = TensorSpecification(
                name: "x", elementType: .float32,
                dimensions: [.dynamic(name: nil), .dynamic(name: nil)])
            let n = TensorSpecification(
                name: "n", elementType: .int8, dimensions: [.dynamic(name: nil)])
            let s = TensorSpecification(
                name: "s", elementType: .bytes, dimensions: [.dynamic(name: nil), .fixed(1)])
            func metadata(_ inputs: [TensorSpecification]) -> ModelMetadata {
                ModelMetadata(
                    identity: ModelIdentity(name, ModelVersion(1)), engine: "fuzz",
                    platform: "fuzz",
                    signatures: [
                        ModelSignature(
                            inputs: inputs, outputs: [x], batching: .none(reason: "nothing is run"))
                    ])
            }
            one = metadata([x])
            several = metadata([x, n, s])
        }
    }

    /// A server without models.
    private final class NoModels: InferenceService, ModelCatalog {
        func acquire(_ selector: ModelSelector) throws(ServingError) -> ModelLease {
            throw ServingError(.modelNotFound, "there are no models")
        }
        func modelStatuses() -> [ModelStatus] { [] }
        func modelStatus(of name: ModelName) -> ModelStatus? { nil }
    }

#endif
