import ArgumentParser
import EngineInterface
import Inference
import ServingCore
import Slipway
import SlipwayClient
import Tensors

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Ask a model about files: JSON, CSV, NumPy arrays or images.",
        discussion: """
            MODEL is a name that a server serves (slipway predict digits seven.png), or a path: \
            what has a '/' in it is loaded here, without a server \
            (slipway predict ./models/digits/2/model.onnx seven.png). A path may be a model file, a \
            version directory, or a directory of versions, of which the highest is taken.
            """)

    @Argument(help: ArgumentHelp("A served model's name, or a model's path.", valueName: "model"))
    var model: String

    @Argument(
        help: ArgumentHelp(
            "Files, each for the one input or as NAME=FILE; - is standard input.",
            valueName: "file"),
        completion: .file())
    var files: [String]

    @Option(help: ArgumentHelp("The version to ask; the server's choice by default."))
    var modelVersion: String?

    @Option(help: ArgumentHelp("The label of the version to ask.", valueName: "label"))
    var label: String?

    @Option(help: ArgumentHelp("The signature to call.", valueName: "name"))
    var signature: String?

    @Option(help: ArgumentHelp("The server's REST address.", valueName: "url"))
    var server = "http://127.0.0.1:8501"

    @OptionGroup(title: "Files") var input: InputFlags
    @OptionGroup(title: "Connection") var transport: TransportOptions
    @OptionGroup(title: "Model") var localModel: LocalModelOptions
    @OptionGroup(title: "Resources") var resources: ResourceOptions
    @OptionGroup var output: OutputOptions

    private var isPath: Bool { model.contains("/") }

    func validate() throws {
        if isPath, modelVersion != nil || label != nil {
            throw ValidationError(
                "--model-version and --label are for a server; give the version's directory as "
                    + "the path")
        }
        if !isPath, localModel.engine != nil || !localModel.option.isEmpty {
            throw ValidationError("--engine and --option are for a model's path")
        }
        if modelVersion != nil, label != nil {
            throw ValidationError("give either --model-version or --label, not both")
        }
        if let modelVersion, ModelVersion(directoryName: modelVersion) == nil {
            throw ValidationError(
                "--model-version is '\(modelVersion)'; it must be a number (--label asks for a "
                    + "label)")
        }
        if !isPath, signature != nil {
            throw ValidationError(
                "--signature is for a model's path: a server's Open Inference Protocol knows only "
                    + "the default signature")
        }
    }

    func run() throws {
        try output.show(try PredictReport(try isPath ? askFile() : askServer()))
    }

    private func askFile() throws -> [NamedTensor] {
        let configuration = try resources.configuration()
        let local = try LocalModel(
            path: model, engine: localModel.engine,
            options: try EngineOptions(words: localModel.option),
            environment: EngineEnvironment(configuration))
        defer { local.unload() }
        var options = input.options
        options.libraryDirectories = configuration.libraryDirectories
        return try local.run(
            try Predictor.request(
                files, for: local.metadata, options: options, signatureName: signature))
    }

    private func askServer() throws -> [NamedTensor] {
        let name = try ModelName(model)
        let (url, number, label, files) = (server, modelVersion, label, files)
        let (transport, input) = (transport.options, input.options)
        return try Waiting.run { () async throws(ServingError) in
            let client = try SlipwayClient(url: url, options: transport)
            let outcome: Result<[NamedTensor], ServingError>
            do throws(ServingError) {
                var version = number
                if let label { version = try await client.version(of: name.text, label: label) }
                let metadata = try RemoteMetadata.read(
                    try await client.modelMetadata(name.text, version: version), name: name)
                let request = try Predictor.request(
                    files, for: metadata, options: input, signatureName: nil)
                outcome = .success(
                    try await client.infer(
                        model: name.text, version: version, inputs: request.inputs,
                        outputs: request.outputNames ?? []))
            } catch {
                outcome = .failure(error)
            }
            await client.close()
            return try outcome.get()
        }
    }
}
