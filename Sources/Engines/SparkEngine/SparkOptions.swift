import EngineInterface
import ServingCore

/// A model's `options:` for this engine.
struct SparkOptions {
    /// Columns that answers hold; nil for those that the pipeline was made for.
    let outputs: [String]?
    /// Kinds of input columns that do not follow from the stages.
    let inputs: [String: ColumnKind]

    static let reference = [
        EngineOptionDescription(
            name: "outputs", values: "names of columns, separated by commas",
            defaultText: "what models answer and what is made of that",
            meaning: "The columns that answers hold; any column of numbers or text that a stage "
                + "makes can be one."),
        EngineOptionDescription(
            name: "inputs", values: "a mapping of columns to number, text, vector or vector(N)",
            defaultText: "as the stages need them",
            meaning: "What an input column holds where the stages do not tell."),
    ]

    /// Reads the options.
    ///
    /// - Throws: `configuration_invalid`.
    init(_ options: EngineOptions) throws(ServingError) {
        try options.requireKnown(Self.reference.map(\.name), engine: "spark")
        outputs = try options.text("outputs").map { text in
            text.split(separator: ",", omittingEmptySubsequences: false).map { String($0.trimmed) }
        }
        if let outputs,
            outputs.isEmpty || outputs.contains("") || Set(outputs).count != outputs.count
        {
            throw ServingError(
                .configurationInvalid,
                "option 'outputs' names no column, or one twice; write them as 'a, b'")
        }
        var inputs: [String: ColumnKind] = [:]
        for (name, text) in try options.mapping("inputs") {
            inputs[name] = try Self.kind(text, name)
        }
        self.inputs = inputs
    }

    private static func kind(_ text: String, _ name: String) throws(ServingError) -> ColumnKind {
        switch text {
        case "number": return .number
        case "text": return .text
        case "vector": return .vector(nil)
        default:
            if text.hasPrefix("vector("), text.hasSuffix(")"),
                let width = Int(text.dropFirst(7).dropLast()),
                (1...SavedStage.countMaximum).contains(width)
            {
                return .vector(width)
            }
            throw ServingError(
                .configurationInvalid,
                "option 'inputs' says '\(text.clipped())' of '\(name.clipped())'; it must be "
                    + "number, text, vector or vector(N)")
        }
    }
}

extension Substring {
    /// Without blanks around it.
    fileprivate var trimmed: Substring {
        var rest = self
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return rest
    }
}
