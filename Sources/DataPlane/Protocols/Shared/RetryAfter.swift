import NIOHTTP1
import ServingCore

/// The `Retry-After` header of refusals that pass by themselves.
enum RetryAfter {
    /// Adds the header (RFC 9110 section 10.2.3) in whole seconds, at least 1, where a pause helps.
    static func add(for error: ServingError, to headers: inout HTTPHeaders) {
        guard helps(error.code) else { return }
        let seconds = error.retryAfter.map { pause in
            let (whole, rest) = pause.components
            return max(1, rest > 0 ? whole + 1 : whole)
        }
        headers.replaceOrAdd(name: "retry-after", value: String(seconds ?? 1))
    }

    /// A deadline that has passed is retryable as well, but not because time passes.
    private static func helps(_ code: ErrorCode) -> Bool {
        switch code {
        case .overloaded, .modelNotReady, .workerFailed, .shuttingDown, .resourceExhausted: true
        default: false
        }
    }
}
