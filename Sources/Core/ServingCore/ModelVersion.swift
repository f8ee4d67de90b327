/// The number of a model version: the name of its directory, read as a non-negative integer.
public struct ModelVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number; `0` or more.
    public let number: Int64

    /// Wraps a number that is known to be a version.
    public init(_ number: Int64) {
        self.number = number
    }

    /// Reads a directory's name: decimal digits only, leading zeros allowed (`00000123` is 123).
    ///
    /// Returns nil for anything else, also for a number beyond `Int64`: such a directory is no version.
    public init?(directoryName: some StringProtocol) {
        guard !directoryName.isEmpty, directoryName.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int64(directoryName)
        else { return nil }
        self.number = number
    }

    public var description: String { String(number) }

    public static func < (left: ModelVersion, right: ModelVersion) -> Bool {
        left.number < right.number
    }
}

/// A movable name for a version: TensorFlow Serving's label, MLflow's alias, a registry's stage.
public struct VersionLabel: Hashable, Sendable, CustomStringConvertible {
    /// The label as written in the configuration and in request paths.
    public let text: String

    /// Checks the label by the same rule as a model name.
    ///
    /// - Throws: `invalid_name`.
    public init(_ text: String) throws(ServingError) {
        try ModelName.check(text, kind: "version label")
        self.text = text
    }

    public var description: String { text }
}

extension VersionLabel: Comparable {
    public static func < (left: VersionLabel, right: VersionLabel) -> Bool {
        left.text < right.text
    }
}
