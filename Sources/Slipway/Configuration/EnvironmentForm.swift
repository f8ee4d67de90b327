import ServingCore
import Yams

extension ValueForm where Value == [String: String] {
    /// Environment variables: names as the system takes them, with values of text.
    static var environment: ValueForm {
        ValueForm(
            kind: "mapping of variables to texts",
            read: { node, path, context in
                guard case .mapping(let mapping) = node else {
                    context.wrong(
                        node, path,
                        expected: "a mapping of environment variables, such as { NAME: value }")
                    return nil
                }
                var values: [String: String] = [:]
                for (key, value) in mapping {
                    guard let name = key.scalarText, isName(name), values[name] == nil else {
                        context.error(
                            key,
                            "'\(path)' has the variable \(key.shownValue); a name holds letters, "
                                + "digits and '_', does not begin with a digit, and stands once")
                        continue
                    }
                    guard let text = value.scalarText, !text.utf8.contains(0) else {
                        context.wrong(value, "\(path).\(name)", expected: "text")
                        continue
                    }
                    values[name] = text
                }
                return values
            },
            render: { values in
                .mapping(values.sorted { $0.key < $1.key }.map { .init($0.key, .text($0.value)) })
            })
    }

    private static func isName(_ text: String) -> Bool {
        let isWord = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte) || byte == 0x5F
        }
        return isWord && !text.isEmpty && !(text.first?.isNumber ?? true)
    }
}
