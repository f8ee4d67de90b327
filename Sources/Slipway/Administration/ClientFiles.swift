import Glibc
import Inference
import ServingCore

/// Files of models that came with requests, in private directories that go when their model goes.
///
/// They lie in one directory of this process (mode 0700) below `TMPDIR` or `/tmp`. Owned by one
/// thread at a time.
struct ClientFiles {
    private struct Directory {
        var byteCount: Int
        /// Everything below it, in the order made: removed from the end.
        var files: [String]
        var directories: [String]
    }

    private let parent: String
    private let bytesMaximum: Int
    private var root: String?
    private var directories: [String: Directory] = [:]
    private var next = 1

    init(
        parent: String = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp",
        bytesMaximum: Int = Limits.clientFilesBytesMaximum
    ) {
        self.parent = parent.hasPrefix("/") ? parent : "/tmp"
        self.bytesMaximum = bytesMaximum
    }

    /// Bytes of all files.
    var byteCount: Int { directories.values.reduce(0) { $0 + $1.byteCount } }

    /// Refuses files that cannot be written, before anything is.
    ///
    /// - Throws: `invalid_request` for too many files, a path that leaves the directory or is there
    ///   twice; `resource_exhausted` when all files together are too large.
    func check(_ files: [ModelLoadRequest.File]) throws(ServingError) {
        guard files.count <= Limits.clientFilesMaximum else {
            throw ServingError(
                .invalidRequest,
                "the request brings \(files.count) files; at most \(Limits.clientFilesMaximum)")
        }
        var paths: Set<String> = []
        for file in files {
            guard ModelFilePath.isSafe(file.path) else {
                throw ServingError(
                    .invalidRequest,
                    "'\(file.path.clipped(to: 80))' is no path below a model's directory; write it "
                        + "as '1/model.onnx'")
            }
            guard paths.insert(file.path).inserted else {
                throw ServingError(
                    .invalidRequest, "the file '\(file.path.clipped(to: 80))' is there twice")
            }
        }
        let size = files.reduce(0) { $0 + $1.content.count }
        guard size <= bytesMaximum - byteCount else {
            throw ServingError(
                .resourceExhausted,
                "files of \(size) bytes came with the request; with those of other models they are "
                    + "more than \(bytesMaximum) bytes; unload models, or put the files into the "
                    + "repository")
        }
    }

    /// Writes the files of a model into a directory of its own.
    ///
    /// - Returns: Its absolute path.
    /// - Throws: as `check`; `resource_exhausted` when the file system does not take them, and
    ///   nothing is left then.
    mutating func write(_ files: [ModelLoadRequest.File]) throws(ServingError) -> String {
        try check(files)
        let path = try openRoot() + "/\(next)"
        next += 1
        var made = Directory(
            byteCount: files.reduce(0) { $0 + $1.content.count }, files: [], directories: [])
        do throws(ServingError) {
            try Self.make(path, &made)
            for file in files { try Self.write(file, below: path, &made) }
        } catch {
            Self.remove(made)
            throw error
        }
        directories[path] = made
        return path
    }

    /// Removes every directory that is not among these.
    mutating func keep(_ paths: Set<String>) {
        for (path, directory) in directories where !paths.contains(path) {
            Self.remove(directory)
            directories[path] = nil
        }
    }

    /// Removes everything.
    mutating func removeAll() {
        keep([])
        if let root { rmdir(root) }
        root = nil
    }

    private mutating func openRoot() throws(ServingError) -> String {
        if let root { return root }
        var template = Array("\(parent)/slipway-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Self.failure("make a directory in", parent) }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        root = path
        return path
    }

    private static func write(
        _ file: ModelLoadRequest.File, below path: String, _ made: inout Directory
    ) throws(ServingError) {
        var place = path
        for part in file.path.split(separator: "/").dropLast() {
            place += "/" + part
            if !made.directories.contains(place) { try make(place, &made) }
        }
        let name = path + "/" + file.path
        let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("write", name) }
        defer { close(descriptor) }
        made.files.append(name)
        var written = 0
        while written < file.content.count {
            let count = file.content[written...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", name) }
            written += count
        }
    }

    private static func make(_ path: String, _ made: inout Directory) throws(ServingError) {
        guard mkdir(path, 0o700) == 0 else { throw failure("make", path) }
        made.directories.append(path)
    }

    private static func remove(_ directory: Directory) {
        for file in directory.files.reversed() { unlink(file) }
        for path in directory.directories.reversed() { rmdir(path) }
    }

    private static func failure(_ what: String, _ path: String) -> ServingError {
        ServingError(
            .resourceExhausted, "cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
