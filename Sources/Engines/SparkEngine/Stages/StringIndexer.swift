import ServingCore

/// Numbers texts by the labels that were learnt; the most frequent is 0.
struct StringIndexer: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    let labels: [TextTable]
    private let keepsInvalid: Bool

    init(_ saved: SavedStage) throws(ServingError) {
        inputs = try saved.columns("inputCol").map { StageInput($0, .textOrNumber) }
        outputs = try saved.columns("outputCol")
        keepsInvalid = try saved.keepsInvalid()
        let data = try saved.data()
        // Before Spark 3 there was one column and its labels were not nested.
        let lists =
            data.has("labelsArray")
            ? try data.textLists("labelsArray") : [try data.textList("labels")]
        guard lists.count == inputs.count, outputs.count == inputs.count else {
            throw saved.invalid(
                "it has \(inputs.count) inputs, \(outputs.count) outputs and labels for "
                    + "\(lists.count)")
        }
        labels = lists.map(TextTable.init)
    }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        for (input, kind) in zip(self.inputs, inputs) where kind != .text && kind != .number {
            throw Damage.invalid("column '\(input.name)' is \(kind.words), not text")
        }
        return inputs.map { _ in .number }
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        var columns: [StringIndexerKernel.Column] = []
        for (index, input) in inputs.enumerated() {
            columns.append(
                .init(
                    name: self.inputs[index].name, input: input, output: outputs[index],
                    labels: labels[index],
                    numbers: input.kind == .number ? labels[index].numbers() : [:]))
        }
        return StringIndexerKernel(columns: columns, keepsInvalid: keepsInvalid)
    }
}

struct StringIndexerKernel: Kernel {
    struct Column {
        let name: String
        let input: Slot
        let output: Slot
        let labels: TextTable
        /// Labels that are numbers, for a column that holds such.
        let numbers: [Double: Int]
    }

    let columns: [Column]
    let keepsInvalid: Bool

    func run(_ frame: Frame) throws(ServingError) {
        for column in columns {
            let output = frame.numbers[column.output.index]
            if column.input.kind == .text {
                let input = frame.texts[column.input.index]
                for row in 0..<frame.rows {
                    let place = column.labels.find(input[row].bytes)
                    output[row] = try index(place, column) {
                        String(decoding: input[row].bytes.prefix(64), as: UTF8.self)
                    }
                }
            } else {
                let input = frame.numbers[column.input.index]
                for row in 0..<frame.rows {
                    output[row] = try index(column.numbers[input[row]], column) { "\(input[row])" }
                }
            }
        }
    }

    private func index(_ place: Int?, _ column: Column, _ value: () -> String)
        throws(ServingError) -> Double
    {
        if let place { return Double(place) }
        guard keepsInvalid else {
            throw ServingError(
                .invalidTensor,
                "'\(value())' in column '\(column.name)' is none of the "
                    + "\(column.labels.count) labels that the model learnt (handleInvalid is not "
                    + "'keep')")
        }
        return Double(column.labels.count)
    }
}

/// Names numbers by labels.
struct IndexToString: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let labels: TextTable
    /// Whether its labels are those of the StringIndexer that made its input.
    let needsLabels: Bool

    init(_ saved: SavedStage) throws(ServingError) {
        inputs = [StageInput(try saved.text("inputCol"), .number)]
        outputs = [try saved.text("outputCol", saved.uid + "__output")]
        let given = try saved.texts("labels") ?? []
        needsLabels = given.isEmpty
        labels = TextTable(given)
    }

    /// The same with labels from elsewhere.
    init(_ other: IndexToString, labels: TextTable) {
        inputs = other.inputs
        outputs = other.outputs
        self.labels = labels
        needsLabels = false
    }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        guard inputs == [.number] else {
            throw Damage.invalid("column '\(self.inputs[0].name)' is no single number")
        }
        guard !needsLabels else {
            throw Damage.invalid(
                "it has no labels of its own and no StringIndexer before it makes "
                    + "'\(self.inputs[0].name)'; save it with labels=")
        }
        return [.text]
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        IndexToStringKernel(input: inputs[0], output: outputs[0], labels: labels)
    }
}

struct IndexToStringKernel: Kernel {
    let input: Slot
    let output: Slot
    let labels: TextTable

    func run(_ frame: Frame) throws(ServingError) {
        let input = frame.numbers[input.index]
        let output = frame.texts[output.index]
        for row in 0..<frame.rows {
            guard input[row] > -1, input[row] < Double(labels.count) else {
                throw ServingError(
                    .invalidTensor, "\(input[row]) is the number of none of \(labels.count) labels")
            }
            output[row] = labels.span(Int(input[row]))
        }
    }
}

extension SavedStage {
    /// Whether a stage gives values that it does not know a place of their own.
    ///
    /// `skip` leaves such rows out in Spark; here every row has an answer, so it refuses them.
    func keepsInvalid() throws(ServingError) -> Bool {
        let mode = try text("handleInvalid", "error")
        guard ["keep", "error", "skip"].contains(mode) else {
            throw invalid("its handleInvalid is '\(mode.clipped())'")
        }
        return mode == "keep"
    }
}
