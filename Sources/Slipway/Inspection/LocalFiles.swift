public import EngineInterface
import Glibc
public import ServingCore

/// Finds the files of a model by the path that a user gives to a command.
public enum LocalFiles {
    /// Lists a model file, a version directory, or the highest version in a base directory.
    ///
    /// A single file is listed without its neighbours, which may be models of their own.
    ///
    /// - Throws: `file_unreadable`; `model_invalid` for too many files.
    public static func list(_ path: String) throws(ServingError) -> ModelFiles {
        let path = FilePath.absolute(path, in: FilePath.workingDirectory())
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw ServingError(
                .fileUnreadable, "cannot read '\(path)': \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            let directory = FilePath.directory(of: path)
            let name = String(path.dropFirst(directory.count).drop { $0 == "/" })
            let entry = ModelFiles.Entry(
                name: name, byteCount: Int(status.st_size), isDirectory: false)
            return ModelFiles(directory: directory, entries: [entry])
        }
        let files = try ModelFiles.list(path)
        let versions = files.entries.filter { $0.isDirectory && !$0.name.contains("/") }
            .compactMap { entry in ModelVersion(directoryName: entry.name).map { ($0, entry.name) }
            }
        guard let newest = versions.max(by: { $0.0 < $1.0 }) else { return files }
        return try ModelFiles.list(path + "/" + newest.1)
    }
}
