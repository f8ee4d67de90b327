import ServingCore

/// The one spelling of a request target among all that mean the same; for fuzzing the matchers.
package enum CanonicalTarget {
    /// Matches a target and writes its route out again; nil when it belongs to no model route.
    ///
    /// What is written matches the same route: applying this twice changes nothing.
    package static func of(_ target: String) -> String? {
        RequestPath.withPath(of: target) { path in
            if let route = try? TensorFlowServingRoute.match(path) { return spell(route) }
            if let route = try? OpenInferenceRoute.match(path) { return spell(route) }
            return nil
        }
    }

    private static func spell(_ route: TensorFlowServingRoute) -> String? {
        switch route {
        case .predict(let model): "/v1/models/\(spell(model)):predict"
        case .classify(let model): "/v1/models/\(spell(model)):classify"
        case .regress(let model): "/v1/models/\(spell(model)):regress"
        case .status(let model): "/v1/models/\(spell(model))"
        case .metadata(let model): "/v1/models/\(spell(model))/metadata"
        case .missingModelName, .malformed: nil
        }
    }

    private static func spell(_ route: OpenInferenceRoute) -> String? {
        switch route {
        case .modelMetadata(let model): "/v2/models/\(spell(model))"
        case .modelReady(let model): "/v2/models/\(spell(model))/ready"
        case .infer(let model): "/v2/models/\(spell(model))/infer"
        default: nil
        }
    }

    private static func spell(_ model: ModelReference) -> String {
        switch model.choice {
        case .latest: encode(model.name)
        case .version(let version): "\(encode(model.name))/versions/\(version)"
        case .label(let label): "\(encode(model.name))/labels/\(encode(label))"
        }
    }

    private static func encode(_ text: String) -> String {
        text.utf8.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "%0\(digits)" : "%\(digits)"
        }.joined()
    }
}
