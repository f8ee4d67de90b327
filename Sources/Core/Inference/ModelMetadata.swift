public import ServingCore

/// What is known about a loaded model version.
public struct ModelMetadata: Sendable {
    /// Name and version.
    public let identity: ModelIdentity
    /// The engine that runs it: `onnxruntime`, `builtin`.
    public let engine: String
    /// The platform name that Open Inference Protocol clients see: `onnxruntime_onnx`.
    public let platform: String
    /// The ways to call it; never empty, the default first.
    public let signatures: [ModelSignature]
    /// What the file says of itself (producer, licence, custom keys), in the file's order.
    public let properties: [(key: String, value: String)]

    /// Describes a loaded version.
    ///
    /// - Precondition: there is at least one signature.
    public init(
        identity: ModelIdentity, engine: String, platform: String, signatures: [ModelSignature],
        properties: [(key: String, value: String)] = []
    ) {
        precondition(!signatures.isEmpty, "a model has at least one signature")
        self.identity = identity
        self.engine = engine
        self.platform = platform
        self.signatures = signatures
        self.properties = properties
    }

    /// The signature that is used when a request names none.
    public var defaultSignature: ModelSignature { signatures[0] }

    /// Finds a signature; nil and the empty name mean the default.
    ///
    /// - Throws: `signature_not_found`, in the words that TensorFlow Serving uses.
    public func signature(named name: String?) throws(ServingError) -> ModelSignature {
        guard let name, !name.isEmpty else { return signatures[0] }
        guard let signature = signatures.first(where: { $0.name == name }) else {
            throw ServingError(
                .signatureNotFound,
                "Serving signature name: \"\(name.clipped())\" not found in signature def")
        }
        return signature
    }
}
