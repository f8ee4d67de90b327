import Glibc
import ServingCore

/// Where environments are kept.
enum EnvironmentCache {
    /// `$SLIPWAY_CACHE`, else `slipway` in `$XDG_CACHE_HOME`, else `~/.cache/slipway`.
    ///
    /// - Parameter variable: Reads a variable of the environment; nil when unset or empty.
    /// - Throws: `configuration_invalid` when none of these can be had, or it is not absolute.
    static func directory(
        _ variable: (String) -> String? = ProgramSearch.variable
    ) throws(ServingError) -> String {
        let home = variable("HOME").map { $0 + "/.cache" }
        guard
            let directory = variable("SLIPWAY_CACHE")
                ?? (variable("XDG_CACHE_HOME") ?? home).map({ $0 + "/slipway" })
        else {
            throw ServingError(
                .configurationInvalid,
                "there is no place for environments of Python models: neither SLIPWAY_CACHE nor "
                    + "HOME is set; set SLIPWAY_CACHE to a directory")
        }
        guard directory.hasPrefix("/") else {
            throw ServingError(
                .configurationInvalid,
                "the cache directory '\(directory.clipped())' is not absolute; set SLIPWAY_CACHE to a "
                    + "path that starts with '/'")
        }
        return directory
    }
}
