public import EngineInterface
import Glibc
public import ServingCore

/// The machine's own file system.
public struct SystemFileSystem: ModelFileSystem {
    /// Deepest directory looked into below a version directory.
    private static let depthMaximum = 6
    /// Most files looked at in a version directory.
    private static let filesMaximum = 10_000

    /// Makes a reader; it has no state.
    public init() {}

    public func entries(of baseDirectory: String) throws(ServingError) -> [DirectoryEntry] {
        var found: [DirectoryEntry] = []
        for name in try Self.names(in: baseDirectory, maximum: Limits.versionsPerModelMaximum) {
            // A name that vanished in between, or a link to nothing, is simply not there.
            guard let status = Self.status(baseDirectory + "/" + name) else { continue }
            found.append(DirectoryEntry(name, isDirectory: status.isDirectory))
        }
        return found
    }

    public func fingerprint(of versionDirectory: String) throws(ServingError)
        -> VersionFingerprint
    {
        var result = VersionFingerprint(files: [], latestChange: 0)
        try Self.collect(versionDirectory, prefix: "", depth: 0, into: &result)
        result.files.sort { $0.name < $1.name }
        return result
    }

    public func files(in versionDirectory: String) throws(ServingError) -> ModelFiles {
        try ModelFiles.list(versionDirectory)
    }

    public func wallClockNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.nanosecondsClamped
    }

    private static func collect(
        _ directory: String, prefix: String, depth: Int, into result: inout VersionFingerprint
    ) throws(ServingError) {
        for name in try names(in: directory, maximum: filesMaximum) {
            if name.hasPrefix(".") || name == "__pycache__" { continue }
            guard let status = status(directory + "/" + name) else { continue }
            result.latestChange = max(
                result.latestChange, status.st_mtim.nanosecondsClamped,
                status.st_ctim.nanosecondsClamped)
            guard status.isDirectory else {
                result.files.append(
                    .init(
                        name: prefix + name, byteCount: Int(status.st_size),
                        modified: status.st_mtim.nanosecondsClamped, inode: UInt64(status.st_ino)))
                try checkCount(result, directory)
                continue
            }
            result.subdirectories.append(prefix + name)
            try checkCount(result, directory)
            if depth < depthMaximum {
                try collect(
                    directory + "/" + name, prefix: prefix + name + "/", depth: depth + 1,
                    into: &result)
            }
        }
    }

    /// Directories count too: links to a directory above are followed, and each leads to all again.
    private static func checkCount(_ result: VersionFingerprint, _ directory: String)
        throws(ServingError)
    {
        guard result.files.count + result.subdirectories.count <= filesMaximum else {
            throw ServingError(
                .modelInvalid,
                "\(directory) and what is beside it hold more than \(filesMaximum) files and "
                    + "directories, the most that a version may have; look for links that lead back"
            )
        }
    }

    private static func names(in directory: String, maximum: Int) throws(ServingError) -> [String] {
        guard let stream = opendir(directory) else {
            throw ServingError(
                .fileUnreadable,
                "cannot read directory \(directory): \(String(cString: strerror(errno)))")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let item = readdir(stream) {
            let name = withUnsafeBytes(of: &item.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            guard names.count < maximum else {
                throw ServingError(
                    .modelInvalid, "directory \(directory) holds more than \(maximum) entries")
            }
            names.append(name)
        }
        return names
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}

extension stat {
    fileprivate var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }
}

extension timespec {
    /// Nanoseconds since 1970; a time that a broken file system made up does not overflow.
    fileprivate var nanosecondsClamped: Int64 {
        let (whole, overflow) = Int64(tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow2) = whole.addingReportingOverflow(Int64(tv_nsec))
        return overflow || overflow2 ? .max : sum
    }
}
