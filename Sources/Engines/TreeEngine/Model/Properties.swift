import ServingCore

/// Most bytes of a list of names that metadata repeats.
private let namesBytesMaximum = 4096

extension XGBoostFile {
    /// What the file says of itself, for metadata.
    var properties: [(key: String, value: String)] {
        var list: [(key: String, value: String)] = [
            ("form", form), ("objective", objective.clipped()), ("booster", booster),
            ("features", "\(featureCount)"),
        ]
        if !version.isEmpty, version[0] > 0 {
            list.append(("version", version.map(String.init).joined(separator: ".")))
        }
        if linearWeights == nil { list.append(("trees", "\(builder.trees.count)")) }
        if !featureNames.isEmpty {
            let names = featureNames.joined(separator: ",")
            list.append(("feature_names", names.clipped(to: namesBytesMaximum)))
        }
        if let bestIteration { list.append(("best_iteration", "\(bestIteration)")) }
        return list
    }

    /// The margin that each output begins with.
    func baseMargins(_ transform: XGBoostObjective) throws(ServingError) -> [Float] {
        var margins: [Float] = []
        for score in baseScores {
            guard isBaseScoreMargin, !objective.hasPrefix("multi:") else {
                margins.append(try transform.margin(of: score))
                continue
            }
            // As the library reads it: to a probability and back.
            var (margin, probability) = (score, score)
            transform.apply(&margin, 1, to: &probability)
            margins.append(try transform.margin(of: probability))
        }
        return margins.count == 1 && groupCount > 1
            ? [Float](repeating: margins[0], count: groupCount) : margins
    }
}

extension LightGBMFile {
    /// What the file says of itself, for metadata.
    var properties: [(key: String, value: String)] {
        var list: [(key: String, value: String)] = [
            ("form", "text"), ("objective", (objective ?? "custom").clipped()),
            ("features", "\(featureCount)"), ("trees", "\(builder.trees.count)"),
        ]
        if !version.isEmpty { list.append(("version", version.clipped(to: 32))) }
        if !featureNames.isEmpty {
            let names = featureNames.joined(separator: ",")
            list.append(("feature_names", names.clipped(to: namesBytesMaximum)))
        }
        return list
    }
}
