import Glibc

/// Looks for programs as a shell does.
enum ProgramSearch {
    /// The path of a program: itself if it has a slash, or the first in `PATH`; nil when none is
    /// there or it may not be run.
    static func find(_ name: String) -> String? {
        if name.contains("/") { return isProgram(name) ? name : nil }
        let path = variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
        for directory in path.split(separator: ":") where directory.hasPrefix("/") {
            let candidate = "\(directory)/\(name)"
            if isProgram(candidate) { return candidate }
        }
        return nil
    }

    /// A variable of the server's environment; nil when unset or empty.
    static func variable(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// Whether it is a file that may be run.
    static func isProgram(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            && access(path, X_OK) == 0
    }

    /// Whether it is a directory.
    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
