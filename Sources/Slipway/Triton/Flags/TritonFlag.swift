/// A flag of Triton's server, and what becomes of it here.
///
/// Source of the list: `command_line_parser.cc` of Triton's server.
struct TritonFlag: Hashable, Sendable {
    /// What it does.
    enum Effect: Hashable, Sendable {
        /// What it does in the original.
        case honoured(String)
        /// An error, unless the value is the one by which the original leaves it alone.
        case refused(String)
        /// One warning with the reason, unless the value is the original's own.
        case warned(String)

        /// The effect as a sentence.
        var phrase: String {
            switch self {
            case .honoured(let meaning): meaning
            case .refused(let reason): "Refused: \(reason)."
            case .warned(let reason): "No effect: \(reason)."
            }
        }
    }

    /// The name without dashes.
    let name: String
    /// The value that the original has without the flag; empty for none.
    let standard: String
    /// What it does here.
    let effect: Effect

    init(_ name: String, _ standard: String, _ effect: Effect) {
        self.name = name
        self.standard = standard
        self.effect = effect
    }

    /// Whether the flag may stand without a value, which then is `true`.
    var isSwitch: Bool { standard == "true" || standard == "false" }

    /// The flags as a table in Markdown, for docs/coming-from-triton.md.
    static var markdown: String {
        "| Flag | Original's default | Here |\n|---|---|---|\n"
            + all.map { flag in
                let standard = flag.standard.isEmpty ? "" : "`\(flag.standard)`"
                return "| `--\(flag.name)` | \(standard) | \(flag.effect.phrase) |\n"
            }.joined()
    }
}
