import Protocols
import ServingCore

extension ConfigurationSchema {
    static let invocations: [ConfigurationKey<InvocationsSettings>] = [
        .init(
            "model", \.defaultModel, ValueForm<String>.modelName.or("auto"),
            "The model that answers `/invocations` when a request names none; `auto` is the only one "
                + "there is."),
        .init(
            "accept", \.defaultAccept, ValueForm<String>.replyType.or("auto"),
            "Media type of answers to requests that accept anything; `auto` is JSON."),
        .init(
            "multi_model", \.isMultiModel, .boolean,
            "Whether this is a SageMaker multi-model endpoint: `/models` adds and removes models, "
                + "and `/ping` does not ask whether they answer."),
        .init(
            "concurrent_transforms", \.concurrentTransforms,
            ValueForm<Int>.count(1...10_000).or("auto"),
            "Requests that batch transform should send at a time; `auto` is a processor each."),
        .init(
            "batch_strategy", \.batchStrategy, .choice,
            "How batch transform should cut its input."),
        .init(
            "payload_megabytes", \.payloadMegabytes, ValueForm<Int>.count(1...4096).or("auto"),
            "Largest body that batch transform should send; `auto` is what `limits.body` allows, up "
                + "to 100."),
    ]
}

extension InvocationsSettings: Settings {
    static var defaults: InvocationsSettings { InvocationsSettings() }
}

extension ValueForm where Value == String {
    /// The name of a model.
    static var modelName: ValueForm {
        ValueForm(
            kind: "name", expected: "the name of a model",
            scalar: { node in
                node.scalarText.flatMap { (try? ModelName($0)) == nil ? nil : $0 }
            }, render: { .text($0) })
    }

    /// A media type that answers may have.
    static var replyType: ValueForm {
        let words = InvocationsSettings.acceptable
        return ValueForm(
            kind: words.map { "`\($0)`" }.joined(separator: ", "),
            expected: "one of \(words.joined(separator: ", "))",
            scalar: { node in
                node.scalarText.flatMap { words.contains($0) ? $0 : nil }
            }, render: { .text($0) })
    }
}
