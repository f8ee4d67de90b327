import Glibc
import ServingCore

/// Logistic regression (of two classes or many) and support vectors with a linear kernel.
struct LinearClassifier: Stage {
    enum Kind {
        case binary, multinomial, supportVector
    }

    let inputs: [StageInput]
    let outputs: [String]
    private let kind: Kind
    private let form: LinearForm
    private let columns: ClassifierColumns
    /// Above which raw number the second of two classes wins.
    private let rawThreshold: Double
    /// The same for its probability; it decides where the raw numbers are switched off.
    private let threshold: Double

    /// `LogisticRegressionModel`.
    init(logistic saved: SavedStage) throws(ServingError) {
        let data = try saved.data()
        let isMultinomial = try data.boolean("isMultinomial")
        let classes = try data.integer("numClasses")
        columns = try ClassifierColumns(saved, classCount: classes)
        form = try LinearForm(
            try data.matrix("coefficientMatrix"), intercepts: try data.vector("interceptVector"))
        guard form.intercepts.count == (isMultinomial ? classes : 1), isMultinomial || classes == 2
        else {
            throw saved.invalid("\(form.intercepts.count) rows of coefficients, \(classes) classes")
        }
        kind = isMultinomial ? .multinomial : .binary
        threshold = try Self.threshold(saved, columns.thresholds)
        rawThreshold =
            threshold <= 0
            ? -.infinity : threshold >= 1 ? .infinity : log(threshold / (1 - threshold))
        inputs = [StageInput(columns.features, .vector(form.features))]
        outputs = columns.names
    }

    /// `LinearSVCModel`.
    init(supportVector saved: SavedStage) throws(ServingError) {
        let data = try saved.data()
        let weights = try data.vector("coefficients")
        form = try LinearForm(
            Matrix(rows: 1, columns: weights.count, values: weights),
            intercepts: [try data.double("intercept")])
        columns = try ClassifierColumns(saved, classCount: 2)
        kind = .supportVector
        threshold = 0
        rawThreshold = try saved.number("threshold", 0)
        inputs = [StageInput(columns.features, .vector(form.features))]
        outputs = [columns.names[0], "", columns.names[2]]
    }

    private static func threshold(_ saved: SavedStage, _ thresholds: [Double]?)
        throws(ServingError) -> Double
    {
        // Spark lets only one of the two be set; a pair of thresholds says the same as one.
        if let thresholds, thresholds.count == 2 { return 1 / (1 + thresholds[0] / thresholds[1]) }
        return try saved.number("threshold", 0.5)
    }

    var isModel: Bool { true }
    var takesSparse: Bool { true }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        try require(inputs[0], width: form.features)
        return columns.kinds
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        if kind == .multinomial {
            return MultinomialKernel(
                input: inputs[0], outputs: outputs, form: form, thresholds: columns.thresholds)
        }
        return MarginKernel(
            input: inputs[0], outputs: outputs, form: form, isProbable: kind == .binary,
            rawThreshold: rawThreshold, threshold: threshold,
            decidesByRaw: kind == .supportVector || !columns.names[0].isEmpty)
    }
}

struct MultinomialKernel: Kernel {
    let input: Slot
    let outputs: [Slot]
    let form: LinearForm
    let thresholds: [Double]?

    func run(_ frame: Frame) throws(ServingError) {
        let count = form.intercepts.count
        let raw = frame.numbers[outputs[0].index]
        let probability = frame.numbers[outputs[1].index]
        let prediction = frame.numbers[outputs[2].index]
        form.write(frame, input, to: raw)
        for row in 0..<frame.rows {
            let (raw, probability) = (raw + row * count, probability + row * count)
            Classes.softmax(raw, probability, count)
            prediction[row] = Classes.winner(raw: raw, probability: probability, count, thresholds)
        }
    }
}

struct MarginKernel: Kernel {
    let input: Slot
    let outputs: [Slot]
    let form: LinearForm
    let isProbable: Bool
    let rawThreshold: Double
    let threshold: Double
    let decidesByRaw: Bool

    func run(_ frame: Frame) throws(ServingError) {
        let raw = frame.numbers[outputs[0].index]
        let probability = frame.numbers[outputs[1].index]
        let prediction = frame.numbers[outputs[2].index]
        // One sum a row, written into the place of the answers and then spread over two columns.
        form.write(frame, input, to: prediction)
        for row in 0..<frame.rows {
            let margin = prediction[row]
            raw[2 * row] = -margin
            raw[2 * row + 1] = margin
            if isProbable {
                probability[2 * row] = 1 / (1 + exp(margin))
                probability[2 * row + 1] = 1 - probability[2 * row]
            }
            let isSecond =
                decidesByRaw ? margin > rawThreshold : probability[2 * row + 1] > threshold
            prediction[row] = isSecond ? 1 : 0
        }
    }
}
