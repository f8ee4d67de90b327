public import EngineInterface
public import ServingCore

extension EngineOptions {
    /// Reads options as a command line gives them: `name=value`, with `true`, `false` and integers
    /// taken for what they look like.
    ///
    /// - Throws: `configuration_invalid` for a word without `=` or a name given twice.
    public init(words: [String]) throws(ServingError) {
        var values: [String: Value] = [:]
        for word in words {
            guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
                throw ServingError(
                    .configurationInvalid,
                    "--option is '\(word.clipped())'; write NAME=VALUE, as 'slipway engines' lists "
                        + "them")
            }
            let name = String(word[..<equals])
            guard values[name] == nil else {
                throw ServingError(
                    .configurationInvalid, "option '\(name.clipped())' is given twice")
            }
            values[name] = Self.value(of: String(word[word.index(after: equals)...]))
        }
        self.init(values)
    }

    private static func value(of text: String) -> Value {
        switch text {
        case "true": .boolean(true)
        case "false": .boolean(false)
        default: Int(text).map { .integer($0) } ?? .text(text)
        }
    }
}
