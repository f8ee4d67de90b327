public import EngineInterface
public import Inference
import Models
public import ServingCore
public import Tensors

/// A model loaded straight from its file, for `slipway predict` without a server.
public struct LocalModel: Sendable {
    /// What is known about it.
    public let metadata: ModelMetadata
    private let model: any LoadedModel

    /// Loads a model file, a version directory, or the highest version in a base directory.
    ///
    /// - Parameters:
    ///   - engine: The engine to load it with; nil for the one that recognises the files.
    ///   - options: The engine's options, as under `options:` in a configuration.
    /// - Throws: `file_unreadable`, `model_invalid` when no engine or more than one knows the
    ///   files, `configuration_invalid` for options, or what the engine says.
    public init(
        path: String, engine name: String? = nil, options: EngineOptions = EngineOptions([:]),
        engines: [any Engine] = Engines.all, environment: EngineEnvironment
    ) throws(ServingError) {
        let files = try LocalFiles.list(path)
        let (engine, claim) = try EngineChoice.choose(engines, named: name, for: files)
        try engine.check(options)
        let identity = ModelIdentity(try ModelName("local"), ModelVersion(1))
        let source = ModelSource(
            identity: identity, files: files, entry: claim.entry, options: options)
        model = try engine.load(source, environment)
        let declaration = model.declaration
        metadata = ModelMetadata(
            identity: identity, engine: engine.name, platform: declaration.platform,
            signatures: declaration.signatures, properties: declaration.properties)
    }

    /// Runs a request.
    ///
    /// - Throws: `invalid_tensor` for inputs that do not fit, or what the engine says.
    public func run(_ request: InferenceRequest) throws(ServingError) -> [NamedTensor] {
        let signature = try metadata.signature(named: request.signatureName)
        let indices = try signature.bindOutputs(request.outputNames)
        let outputs = try model.run(
            signature: signature, inputs: try signature.bind(request.inputs),
            outputIndices: indices, cancellation: RunCancellation())
        return zip(indices, outputs).map { NamedTensor(signature.outputs[$0].name, $1) }
    }

    /// Frees it.
    public func unload() {
        model.unload()
    }
}
