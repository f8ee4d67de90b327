import Glibc
import ServingCore

/// A directory beside a conversion's output, in which it is made, so that a rename puts it in place.
struct ScratchFolder: Sendable {
    let path: String
    /// The parent of the output, when it was not there before: the directory of a new model.
    private let newParent: String?

    /// Makes an empty directory that only this user can read, and the output's parent if it is missing.
    ///
    /// - Throws: `file_unreadable` when the parent of the output cannot be made or written.
    init(beside output: String) throws(ServingError) {
        let output = FilePath.absolute(output, in: FilePath.workingDirectory())
        let parent = FilePath.directory(of: output)
        newParent = mkdir(parent, 0o777) == 0 ? parent : nil
        var template = Array((parent + "/.slipway-convert-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ServingError(
                .fileUnreadable,
                "cannot write in '\(parent)': \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Moves the result into a version directory of its own, and returns that directory.
    ///
    /// - Throws: `engine_failed` when the exporter's file is not there.
    func version(with entry: String) throws(ServingError) -> String {
        let version = path + "/version"
        guard !entry.contains("/"), mkdir(version, 0o755) == 0,
            rename(path + "/" + entry, version + "/" + entry) == 0
        else {
            throw ServingError(.engineFailed, "the exporter did not write '\(entry.clipped())'")
        }
        // Weights that an exporter wrote beside the model belong to it.
        if rename(path + "/" + entry + ".data", version + "/" + entry + ".data") != 0 {}
        return version
    }

    /// Puts the version directory where the user wants it.
    ///
    /// - Throws: `already_exists` when something has appeared there meanwhile.
    func keep(_ version: String, as output: String) throws(ServingError) {
        guard rename(version, output) == 0 else {
            throw ServingError(
                .alreadyExists,
                "cannot put the result at '\(output)': \(String(cString: strerror(errno)))")
        }
    }

    /// Removes the directory and all that is in it, and the output's parent if it is new and empty.
    func remove() {
        Self.remove(path)
        if let newParent { rmdir(newParent) }
    }

    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR, let stream = opendir(path) else {
            unlink(path)
            return
        }
        defer {
            closedir(stream)
            rmdir(path)
        }
        while let item = readdir(stream) {
            let name = withUnsafeBytes(of: &item.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { remove(path + "/" + name) }
        }
    }
}
