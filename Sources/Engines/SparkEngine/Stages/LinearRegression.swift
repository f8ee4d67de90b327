import Glibc
import ServingCore

/// A number as a weighted sum, and for generalised models what a link makes of it.
struct LinearRegression: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let form: LinearForm
    private let link: LinkFunction

    /// `LinearRegressionModel`.
    init(_ saved: SavedStage) throws(ServingError) {
        try self.init(saved, LinkFunction(), extra: [])
    }

    /// `GeneralizedLinearRegressionModel`.
    init(generalized saved: SavedStage) throws(ServingError) {
        guard try saved.text("offsetCol", "") == "" else {
            throw saved.invalid("it has an offsetCol, which is not read natively")
        }
        try self.init(
            saved, try LinkFunction(saved), extra: [try saved.text("linkPredictionCol", "")])
    }

    private init(_ saved: SavedStage, _ link: LinkFunction, extra: [String]) throws(ServingError) {
        let data = try saved.data()
        let weights = try data.vector("coefficients")
        form = try LinearForm(
            Matrix(rows: 1, columns: weights.count, values: weights),
            intercepts: [try data.double("intercept")])
        self.link = link
        inputs = [
            StageInput(try saved.text("featuresCol", "features"), .vector(weights.count))
        ]
        outputs = [try saved.text("predictionCol", "prediction")] + extra
    }

    var isModel: Bool { true }
    var takesSparse: Bool { true }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        try require(inputs[0], width: form.features)
        return outputs.map { _ in .number }
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        LinearRegressionKernel(input: inputs[0], outputs: outputs, form: form, link: link)
    }
}

struct LinearRegressionKernel: Kernel {
    let input: Slot
    let outputs: [Slot]
    let form: LinearForm
    let link: LinkFunction

    func run(_ frame: Frame) throws(ServingError) {
        let prediction = frame.numbers[outputs[0].index]
        form.write(frame, input, to: prediction)
        guard outputs.count > 1 else { return }
        frame.numbers[outputs[1].index].update(from: prediction, count: frame.rows)
        for row in 0..<frame.rows { prediction[row] = link.mean(prediction[row]) }
    }
}

/// What turns the weighted sum of a generalised linear model into its prediction.
struct LinkFunction {
    private enum Family: String {
        case gaussian, binomial, poisson, gamma, tweedie
    }

    private let family: Family
    private let link: String
    private let power: Double

    /// The identity.
    init() {
        (family, link, power) = (.gaussian, "identity", 1)
    }

    init(_ saved: SavedStage) throws(ServingError) {
        let name = try saved.text("family", "gaussian").lowercased()
        guard let family = Family(rawValue: name) else {
            throw saved.invalid("its family is '\(name.clipped())'")
        }
        self.family = family
        guard family != .tweedie else {
            power = try saved.number("linkPower", 1 - (try saved.number("variancePower", 0)))
            link = power == 0 ? "log" : "power"
            return
        }
        let usual = [
            Family.gaussian: "identity", .binomial: "logit", .poisson: "log", .gamma: "inverse",
        ]
        link = try saved.text("link", usual[family]).lowercased()
        power = link == "inverse" ? -1 : link == "sqrt" ? 0.5 : 1
        let known = ["identity", "log", "inverse", "logit", "probit", "cloglog", "sqrt"]
        guard known.contains(link) else { throw saved.invalid("its link is '\(link.clipped())'") }
    }

    /// The prediction for a weighted sum.
    func mean(_ sum: Double) -> Double {
        let mean =
            switch link {
            case "log": exp(sum)
            case "logit": 1 / (1 + exp(-sum))
            case "probit": 0.5 * erfc(-sum / 2.0.squareRoot())
            case "cloglog": 1 - exp(-exp(sum))
            case "inverse": 1 / sum
            case "sqrt": sum * sum
            case "power": pow(sum, 1 / power)
            default: sum
            }
        return bounded(mean)
    }

    /// Keeps a prediction where its family allows, as Spark does.
    private func bounded(_ mean: Double) -> Double {
        let least = 1e-16
        switch family {
        case .binomial: return mean < least ? least : mean > 1 - least ? 1 - least : mean
        case .poisson, .gamma, .tweedie:
            return mean < least ? least : mean == .infinity ? .greatestFiniteMagnitude : mean
        case .gaussian:
            return mean.isInfinite
                ? .greatestFiniteMagnitude * (mean < 0 ? -1 : 1) : mean
        }
    }
}
