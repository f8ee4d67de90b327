public import EngineInterface
public import ServingCore

/// What the manager reads of a file system; tests put a made-up one in its place.
///
/// Called on threads that may block, never on the manager's own.
public protocol ModelFileSystem: Sendable {
    /// The entries of a base directory, in any order, with symbolic links followed.
    ///
    /// - Throws: `file_unreadable` when it is absent or cannot be read; `model_invalid` beyond
    ///   `Limits.versionsPerModelMaximum` entries.
    func entries(of baseDirectory: String) throws(ServingError) -> [DirectoryEntry]

    /// What tells one state of a version directory from another.
    ///
    /// - Throws: `file_unreadable`; `model_invalid` for more files than `ModelFiles` allows.
    func fingerprint(of versionDirectory: String) throws(ServingError) -> VersionFingerprint

    /// The files of a version directory as an engine sees them.
    ///
    /// - Throws: as `ModelFiles.list`.
    func files(in versionDirectory: String) throws(ServingError) -> ModelFiles

    /// The wall clock that file times are written in, in nanoseconds since 1970.
    func wallClockNanoseconds() -> Int64
}

/// One name in a base directory.
public struct DirectoryEntry: Hashable, Sendable {
    /// The name, without a path.
    public var name: String
    /// Whether it is a directory, or a symbolic link to one.
    public var isDirectory: Bool

    /// Describes an entry.
    public init(_ name: String, isDirectory: Bool = true) {
        self.name = name
        self.isDirectory = isDirectory
    }
}

/// The names, sizes, times and inodes of the files below a version directory at one moment.
///
/// Hidden files and `__pycache__` do not count: tools write them beside a model without changing it.
public struct VersionFingerprint: Hashable, Sendable {
    /// One file.
    public struct File: Hashable, Sendable {
        /// Path relative to the version directory.
        public var name: String
        /// Size in bytes.
        public var byteCount: Int
        /// When the content last changed, in nanoseconds since 1970.
        public var modified: Int64
        /// The file's number in its file system, so that a swapped symbolic link shows.
        public var inode: UInt64

        /// Describes a file.
        public init(name: String, byteCount: Int, modified: Int64, inode: UInt64 = 0) {
            self.name = name
            self.byteCount = byteCount
            self.modified = modified
            self.inode = inode
        }
    }

    /// The files, sorted by name.
    public var files: [File]
    /// Directories below the version directory, for the watcher; they do not count as content.
    public var subdirectories: [String]
    /// The latest change of content or of attributes, which no copying tool can set back.
    public var latestChange: Int64

    /// Describes a version directory.
    public init(files: [File], subdirectories: [String] = [], latestChange: Int64) {
        self.files = files.sorted { $0.name < $1.name }
        self.subdirectories = subdirectories
        self.latestChange = latestChange
    }

    public static func == (left: VersionFingerprint, right: VersionFingerprint) -> Bool {
        left.files == right.files
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(files)
    }
}
