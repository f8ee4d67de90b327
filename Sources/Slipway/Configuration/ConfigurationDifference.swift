import Models

/// A key whose value differs between two configurations.
public struct ConfigurationChange: Hashable, Sendable {
    /// The key: `limits.body`, `models.digits.versions`, or `models.digits` for a whole model.
    public let path: String
    /// The value before; nil when there was none.
    public let old: ConfigurationValue?
    /// The value after; nil when there is none.
    public let new: ConfigurationValue?
    /// Whether the change can be applied while the server runs.
    public let reload: Reload

    init(
        path: String, old: ConfigurationValue?, new: ConfigurationValue?, reload: Reload
    ) {
        self.path = path
        self.old = old
        self.new = new
        self.reload = reload
    }

    /// A line for people: `limits.body: 100MiB -> 1MiB (needs a restart; not applied)`.
    public var line: String {
        let change =
            switch (old, new) {
            case (let old?, let new?): "\(path): \(old.inlineYAML) -> \(new.inlineYAML)"
            case (nil, let new?): "\(path): added \(new.inlineYAML)"
            case (let old?, nil): "\(path): removed \(old.inlineYAML)"
            case (nil, nil): path
            }
        return reload == .restart ? change + " (needs a restart; not applied)" : change
    }
}

/// What differs between the configuration in use and a new one.
public struct ConfigurationDifference: Hashable, Sendable {
    /// Each change, in the order of the schema.
    public let changes: [ConfigurationChange]

    /// Compares.
    public init(from old: Configuration, to new: Configuration) {
        changes = ConfigurationSchema.root.flatMap { $0.compare(old, new, $0.name) }
    }

    /// Whether nothing differs.
    public var isEmpty: Bool { changes.isEmpty }
    /// A line a change.
    public var lines: [String] { changes.map(\.line) }
    /// Whether some change is applied only when the server starts again.
    public var needsRestart: Bool { changes.contains { $0.reload == .restart } }
}

extension Configuration {
    /// A new configuration as far as a running server can take it over: what needs a restart stays.
    public func reloading(_ new: Configuration) -> Configuration {
        var result = new
        for key in ConfigurationSchema.root { key.keepFixed(self, &result) }
        return result
    }

    /// All settings with their values as YAML, which reads back to an equal configuration.
    public var yaml: String { value.yaml }

    /// All settings with their values as JSON.
    public var json: String { value.json }

    /// All settings with their values, in the order of the schema.
    public var value: ConfigurationValue {
        .mapping(rendered(self, ConfigurationSchema.root))
    }
}
