import ServingCore

/// Counts words: each in the place that its hash or a vocabulary gives it.
struct WordCounter: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let width: Int
    private let vocabulary: TextTable?
    private let isBinary: Bool
    /// Least count of a word, or below 1 the least part of all words of the row.
    private let least: Double

    /// `HashingTF`.
    init(hashing saved: SavedStage) throws(ServingError) {
        guard Int(saved.sparkVersion.prefix { $0 != "." }) ?? 0 >= 3 else {
            throw saved.invalid(
                "Spark \(saved.sparkVersion.clipped()) hashed otherwise; save it with Spark 3 or "
                    + "newer")
        }
        width = try saved.integer("numFeatures", 1 << 18)
        vocabulary = nil
        least = 0
        isBinary = try saved.flag("binary", false)
        inputs = [StageInput(try saved.text("inputCol"), .words)]
        outputs = [try saved.text("outputCol", saved.uid + "__output")]
        guard (1...SavedStage.countMaximum).contains(width) else {
            throw saved.invalid("its numFeatures is \(width)")
        }
    }

    /// `CountVectorizerModel`.
    init(vocabulary saved: SavedStage) throws(ServingError) {
        let words = try saved.data().textList("vocabulary")
        vocabulary = TextTable(words)
        width = words.count
        least = try saved.number("minTF", 1)
        isBinary = try saved.flag("binary", false)
        inputs = [StageInput(try saved.text("inputCol"), .words)]
        outputs = [try saved.text("outputCol", saved.uid + "__output")]
    }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        guard inputs == [.words] else {
            throw Damage.invalid("column '\(self.inputs[0].name)' is no list of words")
        }
        return [.sparse(width)]
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        WordCounterKernel(
            input: inputs[0], output: outputs[0], vocabulary: vocabulary, isBinary: isBinary,
            least: least)
    }
}

struct WordCounterKernel: Kernel {
    let input: Slot
    let output: Slot
    let vocabulary: TextTable?
    let isBinary: Bool
    let least: Double

    func run(_ frame: Frame) throws(ServingError) {
        let source = frame.words[input.index]
        frame.sparse[output.index].removeAll()
        var places: [Int32] = []
        for row in 0..<frame.rows {
            let words = source.starts[row]..<source.starts[row + 1]
            places.removeAll(keepingCapacity: true)
            source.bytes.withUnsafeBytes { bytes in
                for index in words {
                    let word = UnsafeRawBufferPointer(rebasing: bytes[source.words[index]])
                    if let place = place(word) { places.append(Int32(place)) }
                }
            }
            places.sort()
            count(places, of: words.count, into: &frame.sparse[output.index])
        }
    }

    private func place(_ word: UnsafeRawBufferPointer) -> Int? {
        if let vocabulary { return vocabulary.find(word) }
        let remainder = Int(Murmur3.hash(word)) % output.width
        return remainder < 0 ? remainder + output.width : remainder
    }

    private func count(_ places: [Int32], of words: Int, into rows: inout SparseRows) {
        let least = least >= 1 ? least : least * Double(words)
        var index = 0
        while index < places.count {
            var end = index + 1
            while end < places.count, places[end] == places[index] { end += 1 }
            let count = Double(end - index)
            if count >= least {
                rows.indices.append(places[index])
                rows.values.append(isBinary ? 1 : count)
            }
            index = end
        }
        rows.starts.append(rows.indices.count)
    }
}

/// Weighs counts of words by how rare the words are.
struct InverseDocumentFrequency: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let weights: [Double]

    init(_ saved: SavedStage) throws(ServingError) {
        weights = try saved.data().vector("idf")
        inputs = [StageInput(try saved.text("inputCol"), .vector(weights.count))]
        outputs = [try saved.text("outputCol", saved.uid + "__output")]
    }

    var takesSparse: Bool { true }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        try require(inputs[0], width: weights.count)
        return inputs
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        guard case .sparse = inputs[0].kind else {
            return AffineKernel(
                input: inputs[0], output: outputs[0], shift: nil, scale: weights, offset: nil)
        }
        return SparseScaleKernel(input: inputs[0], output: outputs[0], weights: weights)
    }
}

struct SparseScaleKernel: Kernel {
    let input: Slot
    let output: Slot
    let weights: [Double]

    func run(_ frame: Frame) throws(ServingError) {
        frame.sparse[output.index] = frame.sparse[input.index]
        for index in frame.sparse[output.index].values.indices {
            let place = Int(frame.sparse[output.index].indices[index])
            frame.sparse[output.index].values[index] *= weights[place]
        }
    }
}
