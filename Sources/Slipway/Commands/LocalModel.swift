public import EngineInterface
import Glibc
public import Inference
public import ServingCore
public import Tensors

/// A model loaded straight from its file, for `slipway predict` without a server.
public struct LocalModel: Sendable {
    /// What is known about it.
    public let metadata: ModelMetadata
    private let model: any LoadedModel

    /// Loads a model file, a version directory, or the highest version in a base directory.
    ///
    /// - Throws: `file_unreadable`, `model_invalid` when no engine knows the files, or what the
    ///   engine says.
    public init(
        path: String, engines: [any Engine] = Engines.all, environment: EngineEnvironment
    ) throws(ServingError) {
        let files = try Self.files(path)
        guard let (engine, claim) = Self.recognise(files, engines) else {
            let seen = files.entries.prefix(5).map(\.name).joined(separator: ", ")
            throw ServingError(
                .modelInvalid,
                "there is no model in \(files.directory) that an engine knows (files: "
                    + "\(seen.isEmpty ? "none" : seen)); give a model file such as model.onnx, or "
                    + "a directory that holds one (engines: "
                    + "\(engines.map(\.name).joined(separator: ", ")))")
        }
        let identity = ModelIdentity(try ModelName("local"), ModelVersion(1))
        let source = ModelSource(identity: identity, files: files, entry: claim.entry)
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

    private static func recognise(_ files: ModelFiles, _ engines: [any Engine]) -> (
        any Engine, Recognition
    )? {
        for engine in engines {
            if let claim = engine.recognise(files) { return (engine, claim) }
        }
        return nil
    }

    private static func files(_ path: String) throws(ServingError) -> ModelFiles {
        let path = FilePath.absolute(path, in: FilePath.workingDirectory())
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw ServingError(
                .fileUnreadable, "cannot read '\(path)': \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            // Only this file: its neighbours may be models of their own.
            let directory = FilePath.directory(of: path)
            let name = String(path.dropFirst(directory.count).drop { $0 == "/" })
            let entry = ModelFiles.Entry(
                name: name, byteCount: Int(status.st_size), isDirectory: false)
            return ModelFiles(directory: directory, entries: [entry])
        }
        let files = try ModelFiles.list(path)
        let versions = files.entries.filter { $0.isDirectory && !$0.name.contains("/") }
            .compactMap { entry in ModelVersion(directoryName: entry.name).map { ($0, entry.name) }
            }
        guard let newest = versions.max(by: { $0.0 < $1.0 }) else { return files }
        return try ModelFiles.list(path + "/" + newest.1)
    }
}
