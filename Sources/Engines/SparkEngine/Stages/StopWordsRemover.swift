import ServingCore

/// Leaves out words that say little.
struct StopWordsRemover: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let words: TextTable
    private let isCaseSensitive: Bool

    init(_ saved: SavedStage) throws(ServingError) {
        inputs = try saved.columns("inputCol").map { StageInput($0, .words) }
        outputs = try saved.columns("outputCol")
        isCaseSensitive = try saved.flag("caseSensitive", false)
        let listed = try saved.texts("stopWords") ?? []
        words = TextTable(isCaseSensitive ? listed : listed.map { $0.lowercased() })
        guard outputs.count == inputs.count else {
            throw saved.invalid("it has not one output for each input")
        }
    }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        for (input, kind) in zip(self.inputs, inputs) where kind != .words {
            throw Damage.invalid("column '\(input.name)' is no list of words")
        }
        return inputs.map { _ in .words }
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        StopWordsKernel(
            inputs: inputs, outputs: outputs, stopWords: words, isCaseSensitive: isCaseSensitive)
    }
}

struct StopWordsKernel: Kernel {
    let inputs: [Slot]
    let outputs: [Slot]
    let stopWords: TextTable
    let isCaseSensitive: Bool

    func run(_ frame: Frame) throws(ServingError) {
        for (place, input) in inputs.enumerated() {
            let source = frame.words[input.index]
            frame.words[outputs[place].index].removeAll()
            frame.words[outputs[place].index].bytes.append(contentsOf: source.bytes)
            for row in 0..<frame.rows {
                for index in source.starts[row]..<source.starts[row + 1] {
                    let word = source.words[index]
                    if !isStopWord(source.bytes, word) {
                        frame.words[outputs[place].index].words.append(word)
                    }
                }
                frame.words[outputs[place].index].endRow()
            }
        }
    }

    private func isStopWord(_ bytes: [UInt8], _ word: Range<Int>) -> Bool {
        let isLower =
            isCaseSensitive || bytes[word].allSatisfy { $0 < 0x41 || ($0 > 0x5A && $0 < 0x80) }
        if isLower {
            return bytes.withUnsafeBytes {
                stopWords.find(UnsafeRawBufferPointer(rebasing: $0[word])) != nil
            }
        }
        let lowered = Array(String(decoding: bytes[word], as: UTF8.self).lowercased().utf8)
        return lowered.withUnsafeBytes { stopWords.find($0) != nil }
    }
}
