import Glibc
import ServingCore

/// The directory where this program keeps what it can make again: the unpacked worker package, and
/// environments of models.
enum PythonCache {
    /// Its path, made when it is not there.
    ///
    /// Code is run from it, so it must belong to this user and be closed to writing by others.
    ///
    /// - Throws: `configuration_invalid` when there is no place for it; `file_unreadable` when it
    ///   cannot be made or is not this user's alone.
    static func directory() throws(ServingError) -> String {
        let path = try place(ProgramSearch.variable)
        try make(path)
        try requireOwn(path)
        return path
    }

    /// `$SLIPWAY_CACHE`, else `slipway` in `$XDG_CACHE_HOME`, else `~/.cache/slipway`.
    ///
    /// - Parameter variable: Reads a variable of the environment; nil when unset or empty.
    /// - Throws: `configuration_invalid` when none of these can be had, or it is not absolute.
    static func place(_ variable: (String) -> String?) throws(ServingError) -> String {
        let home = variable("HOME").map { $0 + "/.cache" }
        guard
            let path = variable("SLIPWAY_CACHE")
                ?? (variable("XDG_CACHE_HOME") ?? home).map({ $0 + "/slipway" })
        else {
            throw ServingError(
                .configurationInvalid,
                "there is no place for what Python models need: neither SLIPWAY_CACHE nor HOME is "
                    + "set; set SLIPWAY_CACHE to a directory")
        }
        guard path.hasPrefix("/") else {
            throw ServingError(
                .configurationInvalid,
                "the cache directory '\(path.clipped())' is not absolute; set SLIPWAY_CACHE to a "
                    + "path that starts with '/'")
        }
        return path
    }

    /// Makes a directory and those above it, open to this user only.
    static func make(_ path: String) throws(ServingError) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            guard mkdir(made, 0o700) != 0, errno != EEXIST else { continue }
            var status = stat()
            let code = errno
            guard stat(made, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw failure("cannot make the cache directory \(made)", code)
            }
        }
    }

    /// Refuses a directory that is not this user's own, or that others may write to.
    static func requireOwn(_ path: String) throws(ServingError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw failure("cannot look at \(path)", errno) }
        let isOwn = status.st_uid == geteuid() && status.st_mode & 0o022 == 0
        guard isOwn, status.st_mode & S_IFMT == S_IFDIR else {
            throw ServingError(
                .fileUnreadable,
                "the cache directory \(path) must be a directory of this user (\(geteuid())) that "
                    + "no other may write to; correct that, or name another with SLIPWAY_CACHE")
        }
    }

    /// The error of a system call, with what to do.
    static func failure(_ what: String, _ code: Int32) -> ServingError {
        ServingError(
            .fileUnreadable,
            "\(what): \(String(cString: strerror(code))); name a directory that can be written with "
                + "SLIPWAY_CACHE")
    }
}
