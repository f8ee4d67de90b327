import Glibc
public import ServingCore

extension ModelFiles {
    /// Deepest directory looked into below a version directory.
    static let depthMaximum = 6
    /// Most files and directories listed.
    static let entriesMaximum = 10_000

    /// Lists a version directory; symbolic links are followed.
    ///
    /// - Throws: `file_unreadable` when a directory cannot be opened; `model_invalid` for more than
    ///   10,000 entries.
    public static func list(_ directory: String) throws(ServingError) -> ModelFiles {
        var entries: [Entry] = []
        try collect(directory, prefix: "", depth: 0, into: &entries)
        return ModelFiles(directory: directory, entries: entries)
    }

    private static func collect(
        _ directory: String, prefix: String, depth: Int, into entries: inout [Entry]
    ) throws(ServingError) {
        guard let stream = opendir(directory) else {
            throw ServingError(
                .fileUnreadable,
                "cannot read directory \(directory): \(String(cString: strerror(errno)))")
        }
        defer { closedir(stream) }
        while let item = readdir(stream) {
            let name = withUnsafeBytes(of: &item.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            var status = stat()
            // A file that vanished between listing and stat is simply not there.
            guard stat(directory + "/" + name, &status) == 0 else { continue }
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            entries.append(
                Entry(
                    name: prefix + name, byteCount: isDirectory ? 0 : Int(status.st_size),
                    isDirectory: isDirectory))
            guard entries.count <= entriesMaximum else {
                throw ServingError(
                    .modelInvalid, "\(directory) holds more than \(entriesMaximum) files")
            }
            if isDirectory, depth < depthMaximum {
                try collect(
                    directory + "/" + name, prefix: prefix + name + "/", depth: depth + 1,
                    into: &entries)
            }
        }
    }
}
