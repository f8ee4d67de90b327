/// The one error of this program: what happened, with the value seen, and what to do next.
///
/// One word wide, so that a `Result` that carries it stays small; the details are shared on copy.
public struct ServingError: Error, Sendable {
    /// Who has to act.
    public enum Source: String, Sendable {
        case client, gateway, model, engine, operation, `internal`
    }

    private final class Details: Sendable {
        let code: ErrorCode
        let message: String
        let source: Source
        let retryAfter: Duration?
        let cause: (any Error)?

        init(
            code: ErrorCode, message: String, source: Source, retryAfter: Duration?,
            cause: (any Error)?
        ) {
            self.code = code
            self.message = message
            self.source = source
            self.retryAfter = retryAfter
            self.cause = cause
        }
    }

    private let details: Details

    /// Describes a failure; the source follows from the code unless given.
    public init(
        _ code: ErrorCode, _ message: String, source: Source? = nil, retryAfter: Duration? = nil,
        cause: (any Error)? = nil
    ) {
        details = Details(
            code: code, message: message, source: source ?? Self.usualSource(of: code),
            retryAfter: retryAfter, cause: cause)
    }

    /// The stable name of what went wrong.
    public var code: ErrorCode { details.code }
    /// What happened, the value, and what to do: one sentence or two, no trailing newline.
    public var message: String { details.message }
    /// Who has to act.
    public var source: Source { details.source }
    /// How long a client should wait before it tries again, when the server can tell.
    public var retryAfter: Duration? { details.retryAfter }
    /// The error underneath, if another layer reported one.
    public var cause: (any Error)? { details.cause }
    /// Whether the same request may succeed later.
    public var isRetryable: Bool { code.isRetryable }

    /// The same error with words in front that say where it happened.
    public func inContext(_ prefix: String) -> ServingError {
        ServingError(
            code, "\(prefix): \(message)", source: source, retryAfter: retryAfter, cause: cause)
    }

    private static func usualSource(of code: ErrorCode) -> Source {
        switch code {
        case .engineFailed, .workerFailed: .engine
        case .modelInvalid, .modelNotReady: .model
        case .overloaded, .shuttingDown, .deadlineExceeded: .gateway
        case .resourceExhausted, .libraryMissing, .configurationInvalid, .fileUnreadable,
            .addressUnavailable:
            .operation
        case .internalError: .internal
        default: .client
        }
    }
}

extension ServingError: CustomStringConvertible {
    /// `code: message`, as logs show it.
    public var description: String { "\(code): \(message)" }
}

extension ServingError: Equatable {
    /// Compares code and message; causes do not count.
    public static func == (left: ServingError, right: ServingError) -> Bool {
        left.code == right.code && left.message == right.message
    }
}
