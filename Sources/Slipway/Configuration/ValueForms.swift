import ServingCore
import Yams

// The forms that several keys share. Those of one key stand beside that key.

extension ValueForm where Value == Int {
    /// A whole number.
    static func count(_ range: ClosedRange<Int>) -> ValueForm {
        let words = "\(range.lowerBound) to \(range.upperBound)"
        return ValueForm(
            kind: "whole number", range: words, expected: "a whole number from \(words)",
            scalar: { node in
                node.plainText.flatMap { Quantities.integer($0) }
                    .flatMap { range.contains($0) ? $0 : nil }
            }, render: { .integer($0) })
    }

    /// A TCP port.
    static var port: ValueForm {
        ValueForm(
            kind: "port", range: "0 to 65535",
            expected: "a port number from 0 (any free port) to 65535",
            scalar: { node in
                node.plainText.flatMap { Quantities.integer($0) }
                    .flatMap { (0...65535).contains($0) ? $0 : nil }
            }, render: { .integer($0) })
    }

    /// A number of bytes.
    static func size(_ range: ClosedRange<Int>) -> ValueForm {
        let words =
            "\(Quantities.text(bytes: range.lowerBound)) to "
            + Quantities.text(bytes: range.upperBound)
        return ValueForm(
            kind: "size", range: words,
            expected: "a size from \(words), such as 64KiB, 100MiB or plain bytes",
            scalar: { node in
                node.scalarText.flatMap { Quantities.bytes($0) }
                    .flatMap { range.contains($0) ? $0 : nil }
            },
            render: { .word(Quantities.text(bytes: $0)) })
    }
}

extension ValueForm where Value == GRPCPort {
    /// A TCP port, that of the REST protocols, or none.
    static var grpcPort: ValueForm {
        ValueForm(
            kind: "port, `same` or `off`", range: "0 to 65535",
            expected: "a port number from 0 (any free port) to 65535, 'same' for the REST port, "
                + "or 'off'",
            scalar: { node in
                switch node.plainText {
                case "off": .off
                case "same": .same
                case let text:
                    text.flatMap { Quantities.integer($0) }
                        .flatMap { (0...65535).contains($0) ? .port($0) : nil }
                }
            },
            render: { value in
                switch value {
                case .port(let number): .integer(number)
                case .same: .word("same")
                case .off: .word("off")
                }
            })
    }
}

extension ValueForm where Value == Duration {
    /// A length of time with its unit.
    static func duration(_ range: ClosedRange<Duration>) -> ValueForm {
        let words = "\(Quantities.text(range.lowerBound)) to \(Quantities.text(range.upperBound))"
        return ValueForm(
            kind: "duration", range: words,
            expected: "a duration from \(words) with its unit, such as 250ms, 30s or 5m",
            scalar: { node in
                node.scalarText.flatMap { Quantities.duration($0) }
                    .flatMap { range.contains($0) ? $0 : nil }
            },
            render: { .word(Quantities.text($0)) })
    }
}

extension ValueForm where Value == Bool {
    /// `true` or `false`, and not YAML 1.1's further spellings.
    static var boolean: ValueForm {
        ValueForm(
            kind: "`true` or `false`", expected: "true or false",
            scalar: { $0.plainText == "true" ? true : $0.plainText == "false" ? false : nil },
            render: { .boolean($0) })
    }
}

extension ValueForm
where Value: RawRepresentable & CaseIterable, Value.RawValue == String, Value.AllCases: Sendable {
    /// One of the words of an enumeration.
    static var choice: ValueForm {
        let words = Value.allCases.map(\.rawValue)
        let list = words.map { "`\($0)`" }.joined(separator: ", ")
        return ValueForm(
            kind: list,
            read: { node, path, context in
                if let value = node.scalarText.flatMap(Value.init(rawValue:)) { return value }
                context.wrong(
                    node, path,
                    expected: "one of \(words.joined(separator: ", "))"
                        + NearestName.hint(for: node.scalarText ?? "", among: words))
                return nil
            },
            render: { .word($0.rawValue) })
    }
}

extension ValueForm where Value == String {
    /// A path; relative ones start at the file's directory.
    static var path: ValueForm {
        ValueForm(
            kind: "path",
            read: { node, path, context in
                guard let text = node.scalarText, !text.isEmpty, !text.utf8.contains(0) else {
                    context.wrong(node, path, expected: "a path")
                    return nil
                }
                return context.absolute(text)
            }, render: { .text($0) })
    }

    /// An address or host name to bind to.
    static var host: ValueForm {
        ValueForm(
            kind: "address",
            expected:
                "an IP address or a host name without a port, such as 127.0.0.1, '::1' or 0.0.0.0",
            scalar: { node in
                guard let text = node.scalarText, (1...255).contains(text.utf8.count) else {
                    return nil
                }
                return isHost(text) ? text : nil
            }, render: { .text($0) })
    }

    /// Letters, digits, dots and hyphens; with colons only when there are two, as in IPv6.
    private static func isHost(_ text: String) -> Bool {
        let colons = text.utf8.count { $0 == 0x3A }
        return colons != 1
            && text.utf8.allSatisfy { byte in
                (0x30...0x3A).contains(byte) || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte) || [0x2D, 0x2E, 0x5F, 0x25].contains(byte)
            }
    }
}

extension ValueForm where Value == [String] {
    /// A list of paths.
    static var paths: ValueForm {
        let path = ValueForm<String>.path
        return ValueForm(
            kind: "list of paths",
            read: { node, name, context in
                guard case .sequence(let sequence) = node else {
                    context.wrong(node, name, expected: "a list of paths, such as [/opt/lib]")
                    return nil
                }
                var paths: [String] = []
                for item in sequence {
                    guard let value = path.read(item, name, &context) else { return nil }
                    paths.append(value)
                }
                return paths
            }, render: { .list($0.map { .text($0) }) })
    }
}
