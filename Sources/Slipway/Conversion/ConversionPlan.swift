import ServingCore

/// What `slipway convert` may make.
public enum ConversionTarget: String, Hashable, Sendable, CaseIterable {
    case onnx, savedmodel, torchscript, trees
}

/// Smaller numbers in the converted model.
public enum Quantization: String, Hashable, Sendable, CaseIterable {
    /// 8-bit integers; calibrated where samples are given.
    case int8
    /// Half precision, with inputs and outputs as they were.
    case fp16

    /// How far outputs may be from the original's where the user does not say.
    var tolerance: Double {
        switch self {
        case .int8: 0.1
        case .fp16: 0.01
        }
    }
}

/// Which tool converts a file, and what that tool needs.
struct ConversionPlan: Hashable, Sendable {
    /// What a file is, by the names that the tool knows.
    enum Kind: String, Hashable, Sendable, CaseIterable {
        case sklearn, xgboost, lightgbm, catboost, keras, savedmodel, torchscript
        case torchExport = "torch_export"
        case torchPickle = "torch_pickle"
        case onnx

        /// What the file may become.
        var targets: [ConversionTarget] {
            switch self {
            case .sklearn: [.onnx, .trees]
            case .xgboost, .lightgbm: [.onnx, .trees]
            case .catboost, .savedmodel, .torchscript, .onnx: [.onnx]
            case .keras: [.onnx, .savedmodel]
            case .torchExport, .torchPickle: [.onnx, .torchscript]
            }
        }

        /// The packages, pinned, with which the tool reads and exports it.
        var requirements: [String] {
            let onnx = ["numpy==2.4.6", "onnx==1.23.2", "onnxruntime==1.31.1"]
            let more: [String] =
                switch self {
                // One environment for all three: scikit-learn's wrappers hold the others.
                case .sklearn, .xgboost, .lightgbm:
                    [
                        "scikit-learn==1.9.1", "joblib==1.6.0", "skops==0.16.0",
                        "skl2onnx==1.20.0", "onnxmltools==1.16.0", "xgboost-cpu==3.2.0",
                        "lightgbm==4.7.0",
                    ]
                case .catboost: ["catboost==1.2.10"]
                case .keras, .savedmodel: ["tensorflow-cpu==2.21.0", "tf2onnx==1.17.0"]
                case .torchscript, .torchExport, .torchPickle:
                    ["torch==2.13.0", "onnxscript==0.7.2"]
                case .onnx: []
                }
            return onnx + more
        }
    }

    let kind: Kind
    let target: ConversionTarget
    let quantization: Quantization?

    /// Plans the conversion of a file.
    ///
    /// - Parameter name: The file's or directory's name.
    /// - Throws: `unsupported` for files that no tool reads and for targets that it does not write.
    init(
        _ name: String, isDirectory: Bool, isExportedProgram: Bool, isScript: Bool,
        target: ConversionTarget, quantization: Quantization?
    ) throws(ServingError) {
        let kind = try Self.kind(
            name, isDirectory: isDirectory, isExportedProgram: isExportedProgram,
            isScript: isScript)
        guard kind.targets.contains(target) else {
            throw ServingError(
                .unsupported,
                "'\(name.clipped())' (\(kind.rawValue)) cannot become \(target.rawValue); it can "
                    + "become \(kind.targets.map(\.rawValue).joined(separator: " or "))")
        }
        guard quantization == nil || target == .onnx else {
            throw ServingError(
                .unsupported, "--quantize works on ONNX; add --to onnx to convert to that")
        }
        self.kind = kind
        self.target = target
        self.quantization = quantization
    }

    var requirements: [String] {
        let base = kind.requirements
        return quantization == .fp16 ? base + ["onnxconverter-common==1.16.0"] : base
    }

    private static func kind(
        _ name: String, isDirectory: Bool, isExportedProgram: Bool, isScript: Bool
    ) throws(ServingError) -> Kind {
        if isDirectory { return .savedmodel }
        switch name.split(separator: ".").last.map(String.init) {
        case "pkl", "pickle", "joblib", "skops": return .sklearn
        case "json", "ubj", "xgb": return .xgboost
        case "txt", "lgb": return .lightgbm
        case "cbm": return .catboost
        case "keras", "h5": return .keras
        case "onnx": return .onnx
        case "pt2", "pt", "pth", "torchscript":
            if isExportedProgram { return .torchExport }
            return isScript ? .torchscript : .torchPickle
        default: break
        }
        throw ServingError(
            .unsupported,
            "'\(name.clipped())' is nothing that can be converted; these are: SavedModel "
                + "directories and files that end in .pkl .joblib .skops .json .ubj .txt .cbm "
                + ".keras .h5 .onnx .pt .pth .pt2")
    }
}
