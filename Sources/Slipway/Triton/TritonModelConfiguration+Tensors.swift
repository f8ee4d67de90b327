import ServingCore
import Tensors

extension TritonModelConfiguration {
    /// `TYPE_*` by the element type that it means.
    private static let types: [String: ElementType] = Dictionary(
        uniqueKeysWithValues: ElementType.allCases.map { type in
            ("TYPE_" + (type == .bytes ? "STRING" : type.openInferenceName), type)
        })

    static func elementType(_ message: SettingsMessage) throws(ServingError) -> ElementType {
        guard let word = try message.word("data_type", of: types.keys.sorted()),
            let type = types[word]
        else { throw message.wrong("data_type", "is missing") }
        return type
    }

    static func dimensions(_ message: SettingsMessage, allowsAny: Bool) throws(ServingError)
        -> [Int]
    {
        let dimensions = try message.integers("dims", in: (allowsAny ? -1 : 0)...Int(Int32.max))
        guard dimensions.count <= Limits.tensorRankMaximum else {
            throw message.wrong(
                "dims", "has \(dimensions.count) entries; at most \(Limits.tensorRankMaximum)")
        }
        return dimensions
    }

    private static let valueRefused = [
        "reshape": "tensors go to the model in the shape in which they come",
        "is_shape_tensor": "it has a meaning for TensorRT only",
        "is_non_linear_format_io": "it has a meaning for TensorRT only",
        "allow_ragged_batch": "rows of different shapes do not share a run",
        "optional": "every input of the model must be given",
    ]

    /// Reads `input` or `output`.
    static func values(_ root: SettingsMessage, _ field: String) throws(ServingError) -> [Value] {
        var result: [Value] = []
        var names: Set<String> = []
        for message in try root.messages(field) {
            let own = field == "input" ? ["format"] : ["label_filename"]
            try message.check(["name", "data_type", "dims"] + own, refused: valueRefused)
            guard let name = try message.text("name") else {
                throw message.wrong("name", "is missing")
            }
            guard names.insert(name).inserted else {
                throw message.wrong("name", "is '\(name.clipped(to: 80))' for the second time")
            }
            guard message.has("dims") else { throw message.wrong("dims", "is missing") }
            let value = Value(
                name: name, elementType: try elementType(message),
                dimensions: try dimensions(message, allowsAny: true),
                labelFile: field == "output" ? try labelFile(message) : nil)
            try checkFormat(message, value)
            result.append(value)
        }
        return result
    }

    private static func labelFile(_ message: SettingsMessage) throws(ServingError) -> String? {
        guard let file = try message.text("label_filename") else { return nil }
        guard ModelFilePath.isSafe(file) else {
            throw message.wrong("label_filename", "must be a file in the model's directory")
        }
        return file
    }

    /// The formats of pictures fix the number of dimensions, and nothing else.
    private static func checkFormat(_ message: SettingsMessage, _ value: Value)
        throws(ServingError)
    {
        guard message.has("format") else { return }
        let formats = ["FORMAT_NONE", "FORMAT_NHWC", "FORMAT_NCHW"]
        let format = try message.word("format", of: formats)
        if format != "FORMAT_NONE", value.dimensions.count != 3 {
            throw message.wrong(
                "format", "needs 'dims' of 3 entries, not \(value.dimensions.count)")
        }
    }
}
