import EngineInterface

extension TritonModelConfiguration {
    /// Gives Triton's names to a PyTorch model's inputs and outputs.
    ///
    /// Triton's PyTorch backend goes by the number at the end of a name, `INPUT__0`, and not by what
    /// the model itself calls its arguments.
    mutating func readPositionalNames() {
        guard engine == "torch" else { return }
        if let names = Self.positional(inputs) { options["input_names"] = .text(names) }
        if let names = Self.positional(outputs) { options["output_names"] = .text(names) }
    }

    /// The names in the order of their numbers, as the engine's option wants them; nil unless they are
    /// numbered from 0 without a gap.
    private static func positional(_ values: [Value]) -> String? {
        var names = [String?](repeating: nil, count: values.count)
        for value in values {
            guard let start = value.name.end(ofLast: "__"), !value.name.contains(","),
                let place = Int(value.name[start...]), names.indices.contains(place),
                names[place] == nil
            else { return nil }
            names[place] = value.name
        }
        return names.isEmpty ? nil : names.compactMap(\.self).joined(separator: ",")
    }
}

extension String {
    /// Where the text behind the last `separator` begins; nil when it is not there.
    fileprivate func end(ofLast separator: String) -> Index? {
        var index = endIndex
        while index > startIndex {
            if self[..<index].hasSuffix(separator) { return index }
            index = self.index(before: index)
        }
        return nil
    }
}
