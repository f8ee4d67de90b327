import Glibc
import ServingCore

/// The columns of a classifier, and how its raw numbers become an answer.
struct ClassifierColumns {
    let features: String
    let names: [String]
    let classCount: Int
    /// What each class's probability is divided by before the largest wins.
    let thresholds: [Double]?

    init(_ saved: SavedStage, classCount: Int) throws(ServingError) {
        guard (1...SavedStage.countMaximum).contains(classCount) else {
            throw saved.invalid("it has \(classCount) classes")
        }
        features = try saved.text("featuresCol", "features")
        names = [
            try saved.text("rawPredictionCol", "rawPrediction"),
            try saved.text("probabilityCol", "probability"),
            try saved.text("predictionCol", "prediction"),
        ]
        self.classCount = classCount
        thresholds = try saved.numbers("thresholds")
        if let thresholds, thresholds.count != classCount {
            throw saved.invalid("it has \(thresholds.count) thresholds for \(classCount) classes")
        }
        try saved.refuseLeaves()
    }

    var kinds: [ColumnKind] { [.vector(classCount), .vector(classCount), .number] }
}

extension SavedStage {
    /// Refuses settings of tree models that make columns which are not made here.
    func refuseLeaves() throws(ServingError) {
        for name in ["leafCol", "varianceCol"] where try text(name, "") != "" {
            throw invalid("it makes a column by '\(name)', which is not made natively; unset it")
        }
    }
}

/// Small computations that several classifiers share.
enum Classes {
    /// The first of the largest numbers.
    static func largest(_ values: UnsafeMutablePointer<Double>, _ count: Int) -> Int {
        var best = 0
        for index in 1..<max(count, 1) where values[index] > values[best] { best = index }
        return best
    }

    /// The class that wins, with thresholds where the model has some.
    static func winner(
        raw: UnsafeMutablePointer<Double>, probability: UnsafeMutablePointer<Double>, _ count: Int,
        _ thresholds: [Double]?
    ) -> Double {
        guard let thresholds else { return Double(largest(raw, count)) }
        var best = 0
        var most = -Double.infinity
        for index in 0..<count {
            let scaled = probability[index] / thresholds[index]
            if scaled > most { (most, best) = (scaled, index) }
        }
        return Double(best)
    }

    /// Exponents over their sum.
    static func softmax(
        _ source: UnsafeMutablePointer<Double>, _ target: UnsafeMutablePointer<Double>, _ count: Int
    ) {
        let most = source[largest(source, count)]
        if most == .infinity {
            for index in 0..<count { target[index] = source[index] == .infinity ? 1 : 0 }
            return
        }
        var sum = 0.0
        for index in 0..<count {
            target[index] = exp(source[index] - most)
            sum += target[index]
        }
        for index in 0..<count { target[index] /= sum }
    }

    /// Numbers over their sum, unless that is 0.
    static func normalise(
        _ source: UnsafeMutablePointer<Double>, _ target: UnsafeMutablePointer<Double>, _ count: Int
    ) {
        var sum = 0.0
        for index in 0..<count { sum += source[index] }
        for index in 0..<count { target[index] = sum == 0 ? source[index] : source[index] / sum }
    }
}
