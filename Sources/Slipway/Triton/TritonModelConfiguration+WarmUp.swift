import Models
import ServingCore

extension TritonModelConfiguration {
    /// Reads one entry of `model_warmup`.
    func sample(_ message: SettingsMessage) throws(ServingError) -> Sample {
        try message.check(["name", "batch_size", "inputs", "count"])
        let batchSize = try message.integer("batch_size", in: 0...65_536) ?? 1
        let maximum = max(1, maxBatchSize ?? 0)
        guard batchSize <= maximum else {
            throw message.wrong(
                "batch_size", "is \(batchSize), more than 'max_batch_size' allows (\(maximum))")
        }
        let entries = try message.map("inputs")
        guard !entries.isEmpty else { throw message.wrong("inputs", "is missing") }
        var inputs: [SampleInput] = []
        for (name, value) in entries { inputs.append(try Self.sampleInput(name, value)) }
        let count = try message.integer("count", in: 0...Limits.warmUpRequestsMaximum) ?? 1
        return Sample(
            name: try message.text("name") ?? "", batchSize: max(1, batchSize), inputs: inputs,
            count: max(1, count))
    }

    private static func sampleInput(_ name: String, _ message: SettingsMessage)
        throws(ServingError) -> SampleInput
    {
        let choices = ["zero_data", "random_data", "input_data_file"]
        try message.check(["data_type", "dims"] + choices)
        guard choices.count(where: message.has) == 1 else {
            throw message.wrong(
                "dims", "must come with exactly one of \(choices.joined(separator: ", "))")
        }
        return SampleInput(
            name: name, elementType: try elementType(message),
            dimensions: try dimensions(message, allowsAny: false), content: try content(message))
    }

    private static func content(_ message: SettingsMessage) throws(ServingError)
        -> WarmUpSample.Content
    {
        if message.has("input_data_file") {
            guard let file = try message.text("input_data_file"), ModelFilePath.isSafe(file) else {
                throw message.wrong(
                    "input_data_file", "must be a file in the model's directory 'warmup'")
            }
            return .file(file)
        }
        let name = message.has("zero_data") ? "zero_data" : "random_data"
        guard try message.boolean(name) else { throw message.wrong(name, "must be true") }
        return name == "zero_data" ? .zeros : .random
    }
}
