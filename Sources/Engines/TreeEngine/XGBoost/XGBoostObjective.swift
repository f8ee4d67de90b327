import Glibc
import ServingCore

/// What an XGBoost objective does to margins, in the library's own arithmetic.
enum XGBoostObjective: Sendable {
    case identity
    case sigmoid
    case exponential
    case hinge
    case softmax
    case classIndex

    /// Finds the objective.
    ///
    /// - Throws: `model_invalid` for one that is not known.
    init(_ name: String) throws(ServingError) {
        switch name {
        case "reg:squarederror", "reg:linear", "reg:squaredlogerror", "reg:pseudohubererror",
            "reg:absoluteerror", "reg:quantileerror", "binary:logitraw", "rank:pairwise",
            "rank:ndcg", "rank:map":
            self = .identity
        case "reg:logistic", "binary:logistic": self = .sigmoid
        case "reg:gamma", "reg:tweedie", "count:poisson", "survival:cox", "survival:aft":
            self = .exponential
        case "binary:hinge": self = .hinge
        case "multi:softprob": self = .softmax
        case "multi:softmax": self = .classIndex
        default:
            throw ServingError(
                .modelInvalid,
                "the objective '\(name.clipped(to: 64))' is not known; set one of XGBoost's own "
                    + "with set_param({'objective': ...}) and save the model again")
        }
    }

    /// Whether the prediction says which class a row belongs to.
    static func isClassifier(_ name: String) -> Bool {
        name.hasPrefix("multi:") || (name.hasPrefix("binary:") && name != "binary:logitraw")
    }

    /// The margin that a base score stands for.
    func margin(of score: Float) throws(ServingError) -> Float {
        switch self {
        case .identity, .hinge, .softmax, .classIndex: return score
        case .sigmoid:
            guard (0...1).contains(score) else {
                throw ServingError(.modelInvalid, "base_score \(score) is no probability")
            }
            let bounded = min(max(score, 1e-6), 1 - 1e-6)
            return -logf(1 / bounded - 1)
        case .exponential:
            guard score > 0 else {
                throw ServingError(.modelInvalid, "base_score \(score) is not above 0")
            }
            return logf(score)
        }
    }

    /// Values that a row's prediction has, from so many margins.
    func width(of groups: Int) -> Int {
        if case .classIndex = self { 1 } else { groups }
    }

    /// Writes the prediction for a row's margins.
    @inline(__always)
    func apply(
        _ margins: UnsafePointer<Float>, _ groups: Int, to result: UnsafeMutablePointer<Float>
    ) {
        switch self {
        case .identity: for index in 0..<groups { result[index] = margins[index] }
        case .sigmoid:
            for index in 0..<groups {
                // The library adds 1e-16 to the divisor, which binary32 does not see.
                result[index] = 1 / (expf(min(-margins[index], 88.7)) + 1)
            }
        case .exponential: for index in 0..<groups { result[index] = expf(margins[index]) }
        case .hinge: for index in 0..<groups { result[index] = margins[index] > 0 ? 1 : 0 }
        case .softmax: Self.softmax(margins, groups, to: result)
        case .classIndex:
            var best = 0
            for index in 1..<groups where margins[index] > margins[best] { best = index }
            result[0] = Float(best)
        }
    }

    private static func softmax(
        _ margins: UnsafePointer<Float>, _ groups: Int, to result: UnsafeMutablePointer<Float>
    ) {
        var largest = margins[0]
        for index in 1..<groups { largest = fmaxf(margins[index], largest) }
        var sum = 0.0
        for index in 0..<groups {
            result[index] = expf(margins[index] - largest)
            sum += Double(result[index])
        }
        for index in 0..<groups { result[index] /= Float(sum) }
    }
}
