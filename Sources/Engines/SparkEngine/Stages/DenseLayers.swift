import Glibc
import ServingCore

/// The first principal components of a vector.
struct PrincipalComponents: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let form: LinearForm

    init(_ saved: SavedStage) throws(ServingError) {
        let matrix = try saved.data().matrix("pc")
        var turned = [Double](repeating: 0, count: matrix.values.count)
        for row in 0..<matrix.rows {
            for column in 0..<matrix.columns {
                turned[column * matrix.rows + row] = matrix.values[row * matrix.columns + column]
            }
        }
        form = try LinearForm(
            Matrix(rows: matrix.columns, columns: matrix.rows, values: turned),
            intercepts: [Double](repeating: 0, count: matrix.columns))
        inputs = [StageInput(try saved.text("inputCol"), .vector(form.features))]
        outputs = [try saved.text("outputCol", saved.uid + "__output")]
    }

    var takesSparse: Bool { true }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        try require(inputs[0], width: form.features)
        return [.vector(form.intercepts.count)]
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        LinearKernel(input: inputs[0], output: outputs[0], form: form)
    }
}

struct LinearKernel: Kernel {
    let input: Slot
    let output: Slot
    let form: LinearForm

    func run(_ frame: Frame) throws(ServingError) {
        form.write(frame, input, to: frame.numbers[output.index])
    }
}

/// A network of fully connected layers with sigmoids between them and a softmax at the end.
struct MultilayerPerceptron: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let columns: ClassifierColumns
    private let layers: [LinearForm]

    init(_ saved: SavedStage) throws(ServingError) {
        let data = try saved.data()
        // Before Spark 3 the sizes stood among the learnt values.
        let given = try saved.integers("layers")
        let sizes = if let given { given } else { try data.integerList("layers") }
        guard sizes.count >= 2, sizes.allSatisfy({ (1...SavedStage.countMaximum).contains($0) })
        else { throw saved.invalid("its layers are \(sizes)") }
        let weights = try data.vector("weights")
        var layers: [LinearForm] = []
        var offset = 0
        for (count, next) in zip(sizes, sizes.dropFirst()) {
            // Sizes of 24 bits each: the product stays far below overflow.
            let matrixEnd = offset + count * next
            guard matrixEnd + next <= weights.count else {
                throw saved.invalid("\(weights.count) weights are too few for layers of \(sizes)")
            }
            let values = (0..<count * next).map {
                // Column after column in the file, row after row here.
                weights[offset + $0 % count * next + $0 / count]
            }
            layers.append(
                try LinearForm(
                    Matrix(rows: next, columns: count, values: values),
                    intercepts: Array(weights[matrixEnd..<matrixEnd + next])))
            offset = matrixEnd + next
        }
        guard offset == weights.count else {
            throw saved.invalid("\(weights.count) weights are too many for layers of \(sizes)")
        }
        self.layers = layers
        columns = try ClassifierColumns(saved, classCount: sizes[sizes.count - 1])
        inputs = [StageInput(columns.features, .vector(sizes[0]))]
        outputs = columns.names + layers.dropLast().map { _ in "" }
    }

    var isModel: Bool { true }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        try require(inputs[0], width: layers[0].features)
        return columns.kinds + layers.dropLast().map { .vector($0.intercepts.count) }
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        PerceptronKernel(
            input: inputs[0], outputs: outputs, layers: layers, thresholds: columns.thresholds)
    }
}

struct PerceptronKernel: Kernel {
    let input: Slot
    /// Raw numbers, probabilities, answers; then what goes from layer to layer.
    let outputs: [Slot]
    let layers: [LinearForm]
    let thresholds: [Double]?

    func run(_ frame: Frame) throws(ServingError) {
        var source = input
        for (place, layer) in layers.dropLast().enumerated() {
            let target = outputs[3 + place]
            let values = frame.numbers[target.index]
            layer.write(frame, source, to: values)
            for index in 0..<frame.rows * target.width {
                values[index] = 1 / (1 + exp(-values[index]))
            }
            source = target
        }
        layers[layers.count - 1].write(frame, source, to: frame.numbers[outputs[0].index])
        NaiveBayesKernel.answer(frame, outputs, outputs[0].width, thresholds)
    }
}
