public import ServingCore

/// A model version to load: where its files are and the options that the model's owner set.
public struct ModelSource: Sendable {
    /// Name and version; for messages and metadata.
    public let identity: ModelIdentity
    /// The files in the version directory.
    public let files: ModelFiles
    /// What to load among them.
    public let entry: String
    /// The engine's own options, from `options:` of the model in the configuration.
    public let options: EngineOptions
    /// Whether it runs in processes of its own, and what these may use.
    public let worker: WorkerSettings

    /// Points at a model.
    public init(
        identity: ModelIdentity, files: ModelFiles, entry: String,
        options: EngineOptions = EngineOptions([:]), worker: WorkerSettings = .standard
    ) {
        self.identity = identity
        self.files = files
        self.entry = entry
        self.options = options
        self.worker = worker
    }

    /// The path of the entry.
    public var entryPath: String { files.path(of: entry) }
}

/// The names, kinds and sizes of the files in a version directory, as they were when it was listed.
public struct ModelFiles: Sendable {
    /// One file or directory.
    public struct Entry: Hashable, Sendable {
        /// Path relative to the version directory, with `/` between its parts.
        public let name: String
        /// Size in bytes; 0 for a directory.
        public let byteCount: Int
        /// Whether it is a directory.
        public let isDirectory: Bool

        /// Describes a file.
        public init(name: String, byteCount: Int, isDirectory: Bool) {
            self.name = name
            self.byteCount = byteCount
            self.isDirectory = isDirectory
        }
    }

    /// The version directory, absolute.
    public let directory: String
    /// What is in it, at any depth up to a small limit, sorted by name.
    public let entries: [Entry]

    /// Holds a listing.
    public init(directory: String, entries: [Entry]) {
        self.directory = directory
        self.entries = entries.sorted { $0.name < $1.name }
    }

    /// The absolute path of an entry.
    public func path(of name: String) -> String { directory + "/" + name }

    /// Files (not directories) directly in the version directory whose name ends so.
    public func files(endingWith suffix: String) -> [Entry] {
        entries.filter { !$0.isDirectory && !$0.name.contains("/") && $0.name.hasSuffix(suffix) }
    }

    /// The entry with exactly that relative name.
    public func entry(_ name: String) -> Entry? { entries.first { $0.name == name } }

    /// Bytes of all files together; sparse files that claim more than there can be do not overflow it.
    public var byteCount: Int {
        entries.reduce(0) { sum, entry in
            let (sum, overflow) = sum.addingReportingOverflow(entry.byteCount)
            return overflow ? .max : sum
        }
    }
}
