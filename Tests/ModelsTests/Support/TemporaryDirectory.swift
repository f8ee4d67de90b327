import Glibc

/// A directory of a test's own, removed with everything in it at the end.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/models-tests-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    deinit {
        if path != "/tmp" { Self.remove(path) }
    }

    func make(_ name: String) { mkdir(path + "/" + name, 0o755) }

    func write(_ name: String, _ content: String) {
        guard let file = fopen(path + "/" + name, "w") else { return }
        fputs(content, file)
        fclose(file)
    }

    func move(_ from: String, _ to: String) { rename(path + "/" + from, path + "/" + to) }

    func link(_ name: String, to target: String) { symlink(target, path + "/" + name) }

    func remove(_ name: String) { Self.remove(path + "/" + name) }

    /// Makes the files look as if they had been there for an hour.
    func age(_ name: String) {
        var times = [timeval(), timeval()]
        gettimeofday(&times[0], nil)
        times[0].tv_sec -= 3600
        times[1] = times[0]
        utimes(path + "/" + name, times)
    }

    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR, let stream = opendir(path) {
            while let item = readdir(stream) {
                let name = withUnsafeBytes(of: &item.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != "." && name != ".." { remove(path + "/" + name) }
            }
            closedir(stream)
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}
