/// Which version of which model a request asks for.
public struct ModelSelector: Hashable, Sendable {
    /// How the version is named.
    public enum Choice: Hashable, Sendable {
        /// The highest version that is available.
        case latest
        /// Exactly this version.
        case version(ModelVersion)
        /// The version that the label points at.
        case label(VersionLabel)
    }

    /// The model's name.
    public let name: ModelName
    /// Which of its versions.
    public let choice: Choice

    /// Names a model and, unless the latest will do, one of its versions.
    public init(_ name: ModelName, _ choice: Choice = .latest) {
        self.name = name
        self.choice = choice
    }
}

extension ModelSelector: CustomStringConvertible {
    /// TensorFlow Serving's spelling, which its clients see in errors: `Latest(digits)`, `Specific(digits, 5)`.
    public var description: String {
        switch choice {
        case .latest: "Latest(\(name))"
        case .version(let version): "Specific(\(name), \(version))"
        case .label(let label): "Label(\(name), \(label))"
        }
    }
}

/// One version of one model: what is loaded, leased, measured and unloaded.
public struct ModelIdentity: Hashable, Sendable, CustomStringConvertible {
    /// The model's name.
    public let name: ModelName
    /// The version's number.
    public let version: ModelVersion

    /// Pairs a name with a version.
    public init(_ name: ModelName, _ version: ModelVersion) {
        self.name = name
        self.version = version
    }

    public var description: String { "\(name)/\(version)" }
}
