/// What `tensorflow_model_server` says of itself.
public enum TensorFlowServingHelp {
    /// The name of the binary by which it behaves as the original.
    public static let programName = "tensorflow_model_server"

    /// Whether the program runs under that name.
    public static func isProgram(_ path: String) -> Bool {
        path.split(separator: "/").last.map { $0 == programName } ?? false
    }

    /// The flags, as the original lists them, each with what it does here.
    public static var usage: String {
        var text = "usage: \(programName)\nFlags:\n"
        for flag in TensorFlowServingFlag.all {
            let kind = flag.kind == .text ? "string" : flag.kind.rawValue
            let start = "\t--\(flag.name)=\(flag.standard.isEmpty ? "\"\"" : flag.standard)"
            text += "\(start)\t\(kind)\t\(flag.effect.phrase)\n"
        }
        return text
    }

    /// The flags as a table in Markdown, for docs/coming-from-tensorflow-serving.md.
    static var markdown: String {
        "| Flag | Original's default | Here |\n|---|---|---|\n"
            + TensorFlowServingFlag.all.map { flag in
                let standard = flag.standard.isEmpty ? "" : "`\(flag.standard)`"
                return "| `--\(flag.name)` | \(standard) | \(flag.effect.phrase) |\n"
            }.joined()
    }

    /// The lines of `--version`, in the original's form.
    public static var version: String {
        "TensorFlow ModelServer: Slipway \(Version.number)\n"
            + "TensorFlow Library: none (\(Engines.names.joined(separator: ", ")))\n"
    }
}

extension TensorFlowServingFlag.Effect {
    /// The effect as a sentence.
    public var phrase: String {
        switch self {
        case .honoured(let meaning): meaning
        case .refused(let reason): "Refused: \(reason)."
        case .warned(let reason): "No effect: \(reason)."
        }
    }
}
