import ServingCore

/// A model and, perhaps, one of its versions, as a request path names them: decoded, not yet checked
/// against the rule for names.
struct ModelReference: Hashable, Sendable {
    /// How the path names the version.
    enum Choice: Hashable, Sendable {
        case latest
        case version(ModelVersion)
        case label(String)
    }

    /// The model's name, percent-decoded.
    let name: String
    /// Which of its versions.
    let choice: Choice

    /// The same reference, checked against the rule for names.
    ///
    /// - Throws: `model_not_found` or `label_not_found`: nothing can be configured under such a name.
    func checkedSelector() throws(ServingError) -> ModelSelector {
        guard let name = try? ModelName(name) else {
            throw ServingError(.modelNotFound, "no model can have the name '\(name.clipped())'")
        }
        switch choice {
        case .latest: return ModelSelector(name)
        case .version(let version): return ModelSelector(name, .version(version))
        case .label(let text):
            guard let label = try? VersionLabel(text) else {
                throw ServingError(.labelNotFound, "no label can be called '\(text.clipped())'")
            }
            return ModelSelector(name, .label(label))
        }
    }
}

extension ModelReference: CustomStringConvertible {
    /// As `ModelSelector` writes it, shortened to what an error may repeat.
    var description: String {
        switch choice {
        case .latest: "Latest(\(name.clipped()))"
        case .version(let version): "Specific(\(name.clipped()), \(version))"
        case .label(let label): "Label(\(name.clipped()), \(label.clipped()))"
        }
    }
}
