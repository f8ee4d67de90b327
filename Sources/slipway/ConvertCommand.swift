public import ArgumentParser
import EngineInterface
import ServingCore
public import Slipway

extension ConversionTarget: ExpressibleByArgument {}
extension Quantization: ExpressibleByArgument {}

struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Convert a model, and keep the result only if it answers as the original does.",
        discussion: """
            The framework's own exporter runs in a Python environment made for it (the first time \
            that takes minutes). Then the original, in its framework, and the result, in this \
            program's engine, answer the same rows; a result that differs by more than the \
            tolerance is thrown away.

            Exit status: 0 converted, 5 refused or not convertible.
            """)

    @Argument(help: ArgumentHelp("The model's path.", valueName: "path"), completion: .file())
    var source: String

    @Argument(
        help: ArgumentHelp(
            "The version directory to make, such as models/mine/1.", valueName: "directory"),
        completion: .directory)
    var destination: String

    @Option(help: ArgumentHelp("What to make: onnx, savedmodel, torchscript or trees."))
    var to: ConversionTarget

    @Option(
        help: ArgumentHelp(
            "Rows to compare on: .npy or .csv for one input, .npz for several, by name.",
            valueName: "file"),
        completion: .file())
    var samples: String?

    @Option(
        help: ArgumentHelp(
            "The right class of each row, .npy or text: prints accuracy before and after.",
            valueName: "file"),
        completion: .file())
    var labels: String?

    @Option(
        help: ArgumentHelp(
            "Largest difference, absolute or of the output's range; 1e-4 unless quantized.",
            valueName: "number"))
    var tolerance: Double?

    @Option(
        help: ArgumentHelp(
            "Largest loss of accuracy, and share of labels that quantizing may change.",
            valueName: "share"))
    var accuracyLoss = 0.01

    @Option(help: ArgumentHelp("Make the numbers smaller: int8 or fp16. ONNX only."))
    var quantize: Quantization?

    @Flag(help: "Allow the model's file to execute code when it is read, as pickles do.")
    var allowCode = false

    @Option(
        help: ArgumentHelp(
            "An interpreter that has the exporter; without it, an environment is made.",
            valueName: "path"),
        completion: .file())
    var python: String?

    @OptionGroup(title: "Resources") var resources: ResourceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let tolerance, !(tolerance >= 0) {
            throw ValidationError("--tolerance is \(tolerance); it must be 0 or more")
        }
        guard (0...1).contains(accuracyLoss) else {
            throw ValidationError("--accuracy-loss is \(accuracyLoss); it must be from 0 to 1")
        }
        if labels != nil, samples == nil {
            throw ValidationError("--labels are the classes of --samples; give both")
        }
    }

    func run() throws {
        var request = ConversionRequest(source: source, target: to, output: destination)
        request.quantization = quantize
        request.samples = samples
        request.labels = labels
        request.tolerance = tolerance
        request.accuracyLoss = accuracyLoss
        request.allowsCode = allowCode
        request.python = python
        let conversion = ModelConversion(
            request, environment: EngineEnvironment(try resources.configuration())
        ) { line in StandardStream.error.write("convert: \(line)\n") }
        let report = try conversion.run()
        try output.show(report)
        if !report.isAccepted { throw ExitCode(.model) }
    }
}
