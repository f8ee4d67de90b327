import ServingCore
import Yams

/// Turns the bytes of a file into YAML nodes, and refuses what a configuration must not hold.
enum YAMLDocument {
    /// More references than this are refused before the parser would follow them: each may double
    /// the work, as in the "billion laughs" file.
    static let aliasesMaximum = 16
    /// Deepest nesting; the deepest key of the configuration is at six.
    static let depthMaximum = 32

    /// The root node; nil after a problem was noted.
    static func root(of bytes: [UInt8], _ context: inout ReadingContext) -> Node? {
        guard bytes.count <= Limits.configurationBytesMaximum else {
            context.add(
                .error, nil,
                "the file has more than \(Limits.configurationBytesMaximum) bytes, the limit for a "
                    + "configuration")
            return nil
        }
        guard let text = text(of: bytes, &context), check(bytes, &context) else { return nil }
        do {
            let parser = try Parser(yaml: text, encoding: .utf8)
            // The parser itself stops at a depth of 1000.
            guard let root = try parser.singleRoot() else {
                context.add(.error, nil, "the file is empty; it must at least say 'models: []'")
                return nil
            }
            // Nodes hold their anchors weakly: the parser keeps them alive until they were looked
            // at.
            return withExtendedLifetime(parser) { inspect(root, 0, &context) ? root : nil }
        } catch {
            let (position, message) = describe(error)
            context.add(.error, position, message)
            return nil
        }
    }

    private static func text(of bytes: [UInt8], _ context: inout ReadingContext) -> String? {
        // Some editors put a mark in front that says UTF-8.
        let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        if let text = String(validating: content, as: UTF8.self) { return text }
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        context.add(
            .error, ConfigurationPosition(line: line + 1, column: 1),
            "the line is not UTF-8; save the file in that encoding")
        return nil
    }

    /// Looks for tabs that indent and for too many references.
    private static func check(_ bytes: [UInt8], _ context: inout ReadingContext) -> Bool {
        var aliases = 0
        var number = 0
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            let indent = line.prefix { $0 == 0x20 || $0 == 0x09 }
            let content = line.dropFirst(indent.count)
            if content.isEmpty || content.first == UInt8(ascii: "#") { continue }
            if let tab = indent.firstIndex(of: 0x09) {
                context.add(
                    .error,
                    ConfigurationPosition(line: number, column: tab - line.startIndex + 1),
                    "a tab indents the line; YAML wants spaces")
                return false
            }
            aliases += references(in: line)
            guard aliases <= aliasesMaximum else {
                context.add(
                    .error, ConfigurationPosition(line: number, column: 1),
                    "there are too many '*' references; write the values out")
                return false
            }
        }
        return true
    }

    /// Counts what may be an alias: a `*` where a value may start, with a name behind it.
    private static func references(in line: ArraySlice<UInt8>) -> Int {
        var count = 0
        var previous = UInt8(ascii: " ")
        for (index, byte) in zip(line.indices, line) {
            if byte == UInt8(ascii: "*"), [0x20, 0x5B, 0x7B, 0x2C, 0x3A].contains(previous),
                index + 1 < line.endIndex, line[index + 1] > 0x20
            {
                count += 1
            }
            previous = byte
        }
        return count
    }

    /// Refuses anchors and tags at any depth; returns false at the first problem.
    private static func inspect(_ node: Node, _ depth: Int, _ context: inout ReadingContext) -> Bool
    {
        guard depth <= depthMaximum else {
            context.error(node, "values are nested more than \(depthMaximum) deep")
            return false
        }
        guard node.anchor == nil else {
            context.error(node, "anchors and references are not accepted; write the value out")
            return false
        }
        switch node {
        case .scalar(let scalar): return checkTag(node, scalar.tag, &context)
        case .sequence(let sequence):
            return checkTag(node, sequence.tag, &context)
                && sequence.allSatisfy { inspect($0, depth + 1, &context) }
        case .mapping(let mapping):
            return checkTag(node, mapping.tag, &context)
                && mapping.allSatisfy {
                    inspectKey($0.key, &context) && inspect($0.value, depth + 1, &context)
                }
        case .alias:
            context.error(node, "references are not accepted; write the value out")
            return false
        }
    }

    /// Keys are words. Their tags are not looked at: the parser fills them in when it compares
    /// keys.
    private static func inspectKey(_ key: Node, _ context: inout ReadingContext) -> Bool {
        guard case .scalar = key, key.anchor == nil else {
            context.error(key, "a key is a plain word, without brackets or references")
            return false
        }
        return true
    }

    private static func checkTag(_ node: Node, _ tag: Tag, _ context: inout ReadingContext) -> Bool
    {
        let name = tag.description
        // A quoted scalar has the tag of a string without saying so.
        if name.isEmpty || name == Tag.Name.str.rawValue { return true }
        context.error(node, "the tag '\(name.clipped(to: 80))' is not accepted; remove it")
        return false
    }

    private static func describe(_ error: any Error) -> (ConfigurationPosition?, String) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            let before = context.map { "\($0.text) " } ?? ""
            return (
                ConfigurationPosition(line: mark.line, column: mark.column),
                "this is not YAML: \(before)\(problem)"
            )
        case YamlError.reader(let problem, _, _, _):
            return (nil, "this is not YAML: \(problem)")
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            return (
                ConfigurationPosition(line: context.mark.line, column: context.mark.column),
                "key '\((keys.first ?? "").clipped(to: 80))' is given twice; keep one of them"
            )
        default:
            return (nil, "this is not YAML: \(error)")
        }
    }
}
