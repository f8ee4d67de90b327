import EngineInterface
import Glibc
import ServingCore

/// Looks at the first bytes of an entry, so that a file of another kind is refused before a process
/// is started for it.
enum EntryCheck {
    private static let known: [(bytes: [UInt8], name: String)] = [
        ([0x50, 0x4B, 0x03, 0x04], "a zip archive"), ([0x1F, 0x8B], "a gzip file"),
        ([0x89, 0x48, 0x44, 0x46], "an HDF5 file"), ([0x7F, 0x45, 0x4C, 0x46], "a program"),
        (Array("version https://git-lfs".utf8), "a pointer of git lfs; run git lfs pull"),
        (Array("CBM1".utf8), "a CatBoost model"),
    ]

    /// Checks.
    ///
    /// - Throws: `file_unreadable`; `model_invalid` for an empty file or one of another kind.
    static func check(_ source: ModelSource, _ form: PythonForm) throws(ServingError) {
        guard form != .spark else { return }
        let start = try firstBytes(of: source.entryPath)
        guard !start.isEmpty else {
            throw ServingError(.modelInvalid, "\(source.entryPath) is empty; copy it again")
        }
        guard let wanted = wanted(form, source.entry), !start.starts(with: wanted.bytes) else {
            return
        }
        let seen = known.first { start.starts(with: $0.bytes) }?.name ?? "something else"
        throw ServingError(
            .modelInvalid,
            "\(source.entryPath) is \(seen), where \(wanted.name) was expected; it may be damaged or "
                + "have the wrong ending")
    }

    private static func wanted(_ form: PythonForm, _ entry: String) -> (
        bytes: [UInt8], name: String
    )? {
        if form == .keras {
            return entry.hasSuffix(".h5")
                ? ([0x89, 0x48, 0x44, 0x46], "an HDF5 file") : ([0x50, 0x4B], "a zip archive")
        }
        return form.signature
    }

    private static func firstBytes(of path: String) throws(ServingError) -> [UInt8] {
        // Opening a pipe would otherwise wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw ServingError(
                .fileUnreadable, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ServingError(.fileUnreadable, "\(path) is not a regular file")
        }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else {
            throw ServingError(
                .fileUnreadable, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        return Array(bytes.prefix(count))
    }
}
