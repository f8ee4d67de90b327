import ServingCore
import Wire

/// A parameter in the query of a request target.
enum QueryParameter {
    /// The first value of that name, percent-decoded; nil without one.
    ///
    /// - Throws: `invalid_request` for a value that cannot be decoded.
    static func value(_ name: String, in target: String) throws(ServingError) -> String? {
        guard let mark = target.firstIndex(of: "?") else { return nil }
        for pair in target[target.index(after: mark)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts[0] == name else { continue }
            return parts.count == 2 ? try PercentDecoding.decode(parts[1]) : nil
        }
        return nil
    }
}
