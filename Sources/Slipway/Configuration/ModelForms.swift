import EngineInterface
import Models
import ServingCore
import Yams

// The forms of values that only models have.

extension ValueForm where Value == ModelName {
    static var modelName: ValueForm {
        ValueForm(
            kind: "name", range: "1 to \(Limits.nameBytesMaximum) bytes, no `/` or `:`",
            read: { node, path, context in
                guard let text = node.scalarText else {
                    context.wrong(node, path, expected: "a model name")
                    return nil
                }
                do throws(ServingError) { return try ModelName(text) } catch {
                    context.error(node, "'\(path)': \(error.message)")
                    return nil
                }
            }, render: { .text($0.text) })
    }
}

extension ValueForm where Value == String {
    /// A local directory; other places are refused by name.
    static var source: ValueForm {
        let path = ValueForm.path
        return ValueForm(
            kind: "path", range: "a local directory",
            read: { node, name, context in
                if let text = node.scalarText, let scheme = scheme(of: text) {
                    context.error(
                        node,
                        "'\(name)' is \(node.shownValue), but '\(scheme):' is not offered yet: "
                            + "sources are local directories; write a path")
                    return nil
                }
                return path.read(node, name, &context)
            }, render: { .text($0) })
    }

    /// What stands before the first colon, when that can be a scheme: `s3` of `s3://bucket/digits`.
    static func scheme(of text: String) -> Substring? {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let scheme = text[..<colon]
        let isScheme = scheme.utf8.allSatisfy { byte in
            (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E].contains(byte)
        }
        return isScheme && !scheme.isEmpty && !scheme.hasPrefix(".") ? scheme : nil
    }

    /// The name of an engine that this program has.
    static var engine: ValueForm {
        ValueForm(
            kind: "engine name",
            read: { node, path, context in
                guard let text = node.scalarText, !text.isEmpty else {
                    context.wrong(node, path, expected: "the name of an engine")
                    return nil
                }
                guard context.engines.isEmpty || context.engines.contains(text) else {
                    context.error(
                        node,
                        "there is no engine '\(text.clipped(to: 80))'"
                            + NearestName.hint(for: text, among: context.engines)
                            + " (engines: \(context.engines.joined(separator: ", ")))")
                    return nil
                }
                return text
            }, render: { .text($0) })
    }
}

extension ValueForm where Value == VersionPolicy {
    private static var expected: String {
        "'all', '{ latest: 2 }', or a list of version numbers such as [1, 2]"
    }

    static var versions: ValueForm {
        ValueForm(
            kind: "`{ latest: N }`, `all` or list of versions",
            range: "1 to \(Limits.versionsPerModelMaximum) versions",
            read: { node, path, context in
                switch node {
                case .scalar where node.plainText == "all": return .all
                case .mapping: return latest(node, path, &context)
                case .sequence(let items): return specific(node, Array(items), path, &context)
                default:
                    context.wrong(node, path, expected: expected)
                    return nil
                }
            },
            render: { policy in
                switch policy {
                case .all: .word("all")
                case .latest(let count): .mapping([.init("latest", .integer(count))])
                case .specific(let versions): .list(versions.map { .integer(Int($0.number)) })
                }
            })
    }

    private struct Latest: Settings {
        var count: Int?
        static var defaults: Latest { Latest() }
    }

    private static func latest(_ node: Node, _ path: String, _ context: inout ReadingContext)
        -> VersionPolicy?
    {
        let before = context.problems.count
        let count = ValueForm<Int>.count(1...Limits.versionsPerModelMaximum).optional
        var latest = Latest()
        readMapping(node, path, [.init("latest", \.count, count, "")], &context, into: &latest)
        guard context.problems.count == before else { return nil }
        guard let count = latest.count else {
            context.wrong(node, path, expected: expected)
            return nil
        }
        return .latest(count)
    }

    private static func specific(
        _ node: Node, _ items: [Node], _ path: String, _ context: inout ReadingContext
    ) -> VersionPolicy? {
        guard (1...Limits.versionsPerModelMaximum).contains(items.count) else {
            context.error(
                node,
                "'\(path)' lists \(items.count) versions; it must list 1 to "
                    + "\(Limits.versionsPerModelMaximum), or be 'all'")
            return nil
        }
        var versions: [ModelVersion] = []
        for item in items {
            guard let version = item.version else {
                context.wrong(item, path, expected: "a version number, 0 or more")
                return nil
            }
            guard !versions.contains(version) else {
                context.error(item, "'\(path)' lists version \(version) twice; keep one of them")
                return nil
            }
            versions.append(version)
        }
        return .specific(versions)
    }
}

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

extension Node {
    /// A version number; nil for anything else.
    var version: ModelVersion? {
        plainText.flatMap { Quantities.integer($0) }
            .flatMap { $0 >= 0 ? ModelVersion(Int64($0)) : nil }
    }

    /// The value of a key of a mapping; nil when there is none.
    func value(of key: String) -> Node? {
        guard case .mapping(let mapping) = self else { return nil }
        return mapping.first { $0.key.scalarText == key }?.value
    }
}
