import Glibc
import ServingCore

/// Naive Bayes of all four kinds.
struct NaiveBayes: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let columns: ClassifierColumns
    private let form: LinearForm
    /// What the features of this kind must be.
    private let demand: NaiveBayesKernel.Demand
    /// Means and variances of the Gaussian kind.
    private let gaussian: (means: [Double], variances: [Double])?

    init(_ saved: SavedStage) throws(ServingError) {
        let data = try saved.data()
        let pi = try data.vector("pi")
        let theta = try data.matrix("theta")
        columns = try ClassifierColumns(saved, classCount: theta.rows)
        guard pi.count == theta.rows else {
            throw saved.invalid("\(pi.count) classes, and \(theta.rows) rows of numbers")
        }
        switch try saved.text("modelType", "multinomial") {
        case "multinomial":
            (demand, gaussian) = (.notNegative, nil)
            form = try LinearForm(theta, intercepts: pi)
        case "complement":
            (demand, gaussian) = (.notNegative, nil)
            form = try LinearForm(theta, intercepts: pi.map { _ in 0 })
        case "bernoulli":
            (demand, gaussian) = (.zeroOrOne, nil)
            form = try Self.bernoulli(theta, pi)
        case "gaussian":
            let sigma = try data.matrix("sigma")
            guard sigma.rows == theta.rows, sigma.columns == theta.columns else {
                throw saved.invalid("its means and variances differ in number")
            }
            (demand, gaussian) = (.anything, (theta.values, sigma.values))
            form = try LinearForm(theta, intercepts: pi)
        case let other: throw saved.invalid("its modelType is '\(other.clipped())'")
        }
        inputs = [StageInput(columns.features, .vector(theta.columns))]
        outputs = columns.names
    }

    /// log p for a feature that is there, and log(1 - p) for one that is not, as one weighted sum.
    private static func bernoulli(_ theta: Matrix, _ pi: [Double]) throws(ServingError)
        -> LinearForm
    {
        let absent = theta.values.map { log1p(-exp($0)) }
        var sums = pi
        for row in 0..<theta.rows {
            for column in 0..<theta.columns { sums[row] += absent[row * theta.columns + column] }
        }
        let values = zip(theta.values, absent).map { $0 - $1 }
        return try LinearForm(
            Matrix(rows: theta.rows, columns: theta.columns, values: values), intercepts: sums)
    }

    var isModel: Bool { true }
    var takesSparse: Bool { gaussian == nil }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        try require(inputs[0], width: form.features)
        return columns.kinds
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        guard let gaussian else {
            return NaiveBayesKernel(
                input: inputs[0], outputs: outputs, form: form, demand: demand,
                thresholds: columns.thresholds)
        }
        return GaussianBayesKernel(
            input: inputs[0], outputs: outputs, form: form, variances: gaussian.variances,
            thresholds: columns.thresholds)
    }
}

struct NaiveBayesKernel: Kernel {
    enum Demand {
        case anything, notNegative, zeroOrOne
    }

    let input: Slot
    let outputs: [Slot]
    let form: LinearForm
    let demand: Demand
    let thresholds: [Double]?

    func run(_ frame: Frame) throws(ServingError) {
        try check(frame)
        let raw = frame.numbers[outputs[0].index]
        form.write(frame, input, to: raw)
        Self.answer(frame, outputs, form.intercepts.count, thresholds)
    }

    static func answer(_ frame: Frame, _ outputs: [Slot], _ count: Int, _ thresholds: [Double]?) {
        for row in 0..<frame.rows {
            let raw = frame.numbers[outputs[0].index] + row * count
            let probability = frame.numbers[outputs[1].index] + row * count
            Classes.softmax(raw, probability, count)
            frame.numbers[outputs[2].index][row] = Classes.winner(
                raw: raw, probability: probability, count, thresholds)
        }
    }

    private func check(_ frame: Frame) throws(ServingError) {
        if case .sparse = input.kind {
            for value in frame.sparse[input.index].values { try check(value) }
            return
        }
        let values = frame.numbers[input.index]
        for index in 0..<frame.rows * input.width { try check(values[index]) }
    }

    private func check(_ value: Double) throws(ServingError) {
        let isGood = demand == .notNegative ? value >= 0 : value == 0 || value == 1
        guard isGood else {
            throw ServingError(
                .invalidTensor,
                "\(value) is a feature of a naive Bayes model, which takes only "
                    + (demand == .notNegative ? "numbers from 0 up" : "0 and 1"))
        }
    }
}

struct GaussianBayesKernel: Kernel {
    let input: Slot
    let outputs: [Slot]
    /// Means, and the classes' own logarithms.
    let form: LinearForm
    let variances: [Double]
    let thresholds: [Double]?
    private let logarithms: [Double]

    init(
        input: Slot, outputs: [Slot], form: LinearForm, variances: [Double], thresholds: [Double]?
    ) {
        (self.input, self.outputs, self.form) = (input, outputs, form)
        (self.variances, self.thresholds) = (variances, thresholds)
        logarithms = form.intercepts.indices.map { place in
            variances[place * form.features..<(place + 1) * form.features]
                .reduce(0) { $0 + log($1) }
        }
    }

    func run(_ frame: Frame) throws(ServingError) {
        let count = form.intercepts.count
        for row in 0..<frame.rows {
            let values = frame.numbers[input.index] + row * form.features
            let raw = frame.numbers[outputs[0].index] + row * count
            for place in 0..<count {
                var sum = 0.0
                for index in 0..<form.features {
                    let difference = values[index] - form.weights[place * form.features + index]
                    sum += difference * difference / variances[place * form.features + index]
                }
                raw[place] = form.intercepts[place] - (sum + logarithms[place]) / 2
            }
        }
        NaiveBayesKernel.answer(frame, outputs, count, thresholds)
    }
}
