import Glibc
import ServingCore

/// What a LightGBM objective does to raw scores, in the library's own arithmetic.
enum LightGBMObjective: Sendable {
    case identity
    /// With the factor of the score.
    case sigmoid(Double)
    case softmax
    /// The square, with the score's sign.
    case signedSquare
    case exponential
    case logOnePlusExponential

    /// Reads the line `objective=`: a name and words such as `sigmoid:1`; nil for a model without one.
    ///
    /// - Throws: `model_invalid` for one that is not known, and for wrong parameters.
    init(_ line: String?) throws(ServingError) {
        let words = (line ?? "custom").split(separator: " ").map(String.init)
        switch words.first ?? "custom" {
        case "regression" where words.contains("sqrt"): self = .signedSquare
        case "regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank",
            "rank_xendcg", "custom":
            self = .identity
        case "poisson", "gamma", "tweedie": self = .exponential
        case "binary", "multiclassova":
            let factor =
                words.first { $0.hasPrefix("sigmoid:") }
                .map { Double($0.dropFirst("sigmoid:".count)) } ?? 1
            guard let factor, factor.isFinite, factor > 0 else {
                throw ServingError(
                    .modelInvalid, "the objective '\(words.joined(separator: " ").clipped())'")
            }
            self = .sigmoid(factor)
        case "multiclass": self = .softmax
        case "cross_entropy": self = .sigmoid(1)
        case "cross_entropy_lambda": self = .logOnePlusExponential
        default:
            throw ServingError(
                .modelInvalid,
                "the objective '\(words[0].clipped(to: 64))' is not known to this version")
        }
    }

    /// Whether the prediction says which class a row belongs to.
    static func isClassifier(_ line: String?) -> Bool {
        guard let name = line?.split(separator: " ").first else { return false }
        return ["binary", "multiclass", "multiclassova"].contains(name)
    }

    /// Writes the prediction for a row's raw scores.
    @inline(__always)
    func apply(
        _ scores: UnsafePointer<Double>, _ groups: Int, to result: UnsafeMutablePointer<Double>
    ) {
        switch self {
        case .identity: for index in 0..<groups { result[index] = scores[index] }
        case .sigmoid(let factor):
            for index in 0..<groups { result[index] = 1 / (1 + exp(-factor * scores[index])) }
        case .softmax: Self.softmax(scores, groups, to: result)
        case .signedSquare:
            for index in 0..<groups {
                let score = scores[index]
                let sign = score > 0 ? 1.0 : score < 0 ? -1 : 0
                result[index] = sign * score * score
            }
        case .exponential: for index in 0..<groups { result[index] = exp(scores[index]) }
        case .logOnePlusExponential:
            for index in 0..<groups { result[index] = log1p(exp(scores[index])) }
        }
    }

    private static func softmax(
        _ scores: UnsafePointer<Double>, _ groups: Int, to result: UnsafeMutablePointer<Double>
    ) {
        var largest = scores[0]
        for index in 1..<groups { largest = max(scores[index], largest) }
        var sum = 0.0
        for index in 0..<groups {
            result[index] = exp(scores[index] - largest)
            sum += result[index]
        }
        for index in 0..<groups { result[index] /= sum }
    }
}
