import EngineInterface
import ServingCore
import Yams

// The forms of mappings whose keys are the operator's: labels and options.

extension ValueForm where Value == [VersionLabel: ModelVersion] {
    static var labels: ValueForm {
        ValueForm(
            kind: "mapping of labels to versions",
            read: { node, path, context in
                guard case .mapping(let mapping) = node else {
                    context.wrong(
                        node, path,
                        expected: "a mapping of labels to version numbers, such as { stable: 3 }")
                    return nil
                }
                var labels: [VersionLabel: ModelVersion] = [:]
                for (key, value) in mapping {
                    read(key, value, path, &context, into: &labels)
                }
                return labels
            },
            render: { labels in
                .mapping(
                    labels.sorted { $0.key < $1.key }.map {
                        .init($0.key.text, .integer(Int($0.value.number)))
                    })
            })
    }

    private static func read(
        _ key: Node, _ value: Node, _ path: String, _ context: inout ReadingContext,
        into labels: inout [VersionLabel: ModelVersion]
    ) {
        do throws(ServingError) {
            let label = try VersionLabel(key.scalarText ?? "")
            guard labels[label] == nil else {
                return context.error(key, "label '\(label)' is given twice; keep one of them")
            }
            guard let version = value.version else {
                return context.wrong(
                    value, "\(path).\(label)", expected: "a version number, 0 or more")
            }
            labels[label] = version
        } catch {
            context.error(key, "'\(path)': \(error.message)")
        }
    }
}

extension ValueForm where Value == EngineOptions {
    /// Options are checked by their engine, when it loads; here only their form is.
    static var options: ValueForm {
        ValueForm(
            kind: "mapping of options to values",
            read: { node, path, context in
                guard case .mapping(let mapping) = node else {
                    context.wrong(node, path, expected: "a mapping of the engine's options")
                    return nil
                }
                var values: [String: EngineOptions.Value] = [:]
                for (key, node) in mapping {
                    let name = key.scalarText ?? ""
                    guard !name.isEmpty, values[name] == nil else {
                        context.error(
                            key, "option '\(name.clipped(to: 80))' is empty or given twice")
                        continue
                    }
                    values[name] = value(node, "\(path).\(name)", &context)
                }
                return EngineOptions(values)
            },
            render: { options in
                .mapping(
                    options.values.sorted { $0.key < $1.key }.map {
                        .init($0.key, render($0.value))
                    })
            })
    }

    private static func value(_ node: Node, _ path: String, _ context: inout ReadingContext)
        -> EngineOptions.Value?
    {
        if let flag = node.plainText, flag == "true" || flag == "false" {
            return .boolean(flag == "true")
        }
        if let number = node.plainText.flatMap({ Quantities.integer($0) }) {
            return .integer(number)
        }
        if let text = node.scalarText { return .text(text) }
        guard case .mapping(let mapping) = node else {
            context.wrong(node, path, expected: "true, false, a number, text or a mapping of texts")
            return nil
        }
        var texts: [String: String] = [:]
        for (key, value) in mapping {
            guard let name = key.scalarText, texts[name] == nil, let text = value.scalarText else {
                context.wrong(value, path, expected: "a mapping of different names to texts")
                return nil
            }
            texts[name] = text
        }
        return .mapping(texts)
    }

    private static func render(_ value: EngineOptions.Value) -> ConfigurationValue {
        switch value {
        case .boolean(let flag): .boolean(flag)
        case .integer(let number): .integer(number)
        case .text(let text): .text(text)
        case .mapping(let texts):
            .mapping(texts.sorted { $0.key < $1.key }.map { .init($0.key, .text($0.value)) })
        }
    }
}
