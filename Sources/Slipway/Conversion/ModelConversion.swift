public import EngineInterface
import Glibc
public import ServingCore
import Wire

/// What to convert, into what, and when the result is good enough.
public struct ConversionRequest: Sendable {
    /// The model's path.
    public var source: String
    /// What to make.
    public var target: ConversionTarget
    /// Whether to make its numbers smaller.
    public var quantization: Quantization?
    /// Where the version directory goes that holds the result; must not exist.
    public var output: String
    /// Inputs to compare on: a .npy, .npz or .csv file.
    public var samples: String?
    /// The right class for each row of the samples.
    public var labels: String?
    /// Largest distance, absolute or relative; nil for 1e-4, or what the quantization brings.
    public var tolerance: Double?
    /// Largest loss of accuracy on the labels, or share of rows whose label may change.
    public var accuracyLoss = 0.01
    /// Whether the source may execute code when it is read.
    public var allowsCode = false
    /// The interpreter of an environment that has the exporter; nil to make one.
    public var python: String?

    /// Asks for a conversion.
    public init(source: String, target: ConversionTarget, output: String) {
        self.source = source
        self.target = target
        self.output = output
    }

    var effectiveTolerance: Double { tolerance ?? quantization?.tolerance ?? 1e-4 }
}

/// Converts a model with its framework's exporter, and keeps the result only if it answers as the
/// original does.
public struct ModelConversion: Sendable {
    private let request: ConversionRequest
    private let environment: EngineEnvironment
    private let progress: @Sendable (String) -> Void

    /// Prepares.
    ///
    /// - Parameter progress: Gets a line for people now and then.
    public init(
        _ request: ConversionRequest, environment: EngineEnvironment,
        progress: @escaping @Sendable (String) -> Void
    ) {
        self.request = request
        self.environment = environment
        self.progress = progress
    }

    /// Converts, compares, and puts the result into place.
    ///
    /// - Throws: `unsupported` for what no exporter does; `model_invalid` with the exporter's words,
    ///   or when the result differs too much: then nothing is left behind.
    public func run() throws(ServingError) -> ConvertReport {
        guard access(request.output, F_OK) != 0 else {
            throw ServingError(
                .alreadyExists, "'\(request.output)' is there already; choose another directory")
        }
        let source = try ConversionSource(request.source)
        let plan = try ConversionPlan(
            source.name, isDirectory: source.isDirectory,
            isExportedProgram: source.isExportedProgram, isScript: source.isScript,
            target: request.target, quantization: request.quantization)
        let folder = try ScratchFolder(beside: request.output)
        defer { folder.remove() }
        try ConversionTool.run(
            plan, job: job(plan, source, folder), python: request.python, in: folder,
            progress: progress)
        let answer = try ConversionAnswer(directory: folder.path)
        progress("comparing with the original")
        let version = try folder.version(with: answer.entry)
        let check = try ConversionCheck(answer, path: version, environment: environment)
        let report = ConvertReport(
            request, plan: plan, answer: answer, check: check,
            resultBytes: try LocalFiles.list(version).byteCount)
        if report.isAccepted { try folder.keep(version, as: request.output) }
        return report
    }

    private func job(
        _ plan: ConversionPlan, _ source: ConversionSource, _ folder: ScratchFolder
    ) -> JSONValue {
        let directory = FilePath.workingDirectory()
        let path = { (path: String?) -> JSONValue in
            path.map { .string(FilePath.absolute($0, in: directory)) } ?? .null
        }
        return [
            "source": .string(source.path), "kind": .string(plan.kind.rawValue),
            "target": .string(plan.target.rawValue), "directory": .string(folder.path),
            "quantize": plan.quantization.map { .string($0.rawValue) } ?? .null,
            "samples": path(request.samples), "labels": path(request.labels),
            "allow_code": .boolean(request.allowsCode),
            "requirements": .array(plan.requirements.map { .string($0) }),
        ]
    }
}
