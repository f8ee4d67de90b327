/// The stable, lower-case name of what went wrong; it is also the `outcome` label of metrics.
///
/// Each code says whether the same request may be sent again (`isRetryable`). Protocols map codes to
/// their wire form in one table each; a test fails when a code has no entry.
public struct ErrorCode: Hashable, Sendable, CustomStringConvertible {
    private enum Name: UInt8, CaseIterable {
        case invalidRequest
        case invalidName
        case invalidTensor
        case signatureNotFound
        case labelNotFound
        case routeNotFound
        case methodNotAllowed
        case modelNotFound
        case modelNotReady
        case alreadyExists
        case requestTooLarge
        case unsupportedMediaType
        case unsupported
        case overloaded
        case deadlineExceeded
        case cancelled
        case shuttingDown
        case engineFailed
        case workerFailed
        case modelInvalid
        case resourceExhausted
        case libraryMissing
        case configurationInvalid
        case fileUnreadable
        case addressUnavailable
        case internalError

        var text: String {
            switch self {
            case .invalidRequest: "invalid_request"
            case .invalidName: "invalid_name"
            case .invalidTensor: "invalid_tensor"
            case .signatureNotFound: "signature_not_found"
            case .labelNotFound: "label_not_found"
            case .routeNotFound: "route_not_found"
            case .methodNotAllowed: "method_not_allowed"
            case .modelNotFound: "model_not_found"
            case .modelNotReady: "model_not_ready"
            case .alreadyExists: "already_exists"
            case .requestTooLarge: "request_too_large"
            case .unsupportedMediaType: "unsupported_media_type"
            case .unsupported: "unsupported"
            case .overloaded: "overloaded"
            case .deadlineExceeded: "deadline_exceeded"
            case .cancelled: "cancelled"
            case .shuttingDown: "shutting_down"
            case .engineFailed: "engine_failed"
            case .workerFailed: "worker_failed"
            case .modelInvalid: "model_invalid"
            case .resourceExhausted: "resource_exhausted"
            case .libraryMissing: "library_missing"
            case .configurationInvalid: "configuration_invalid"
            case .fileUnreadable: "file_unreadable"
            case .addressUnavailable: "address_unavailable"
            case .internalError: "internal"
            }
        }
    }

    private let name: Name

    /// The text that metrics, logs and JSON carry.
    public var description: String { name.text }

    /// The position in `allCodes`: an index for tables and counters, stable within a run only.
    public var ordinal: Int { Int(name.rawValue) }

    /// Every code, for tests that check that a table is complete.
    public static var allCodes: [ErrorCode] { Name.allCases.map(ErrorCode.init(name:)) }

    /// The request's form or content is wrong; sending it again changes nothing.
    public static let invalidRequest = ErrorCode(name: .invalidRequest)
    /// A model name or a label breaks the rule for names.
    public static let invalidName = ErrorCode(name: .invalidName)
    /// A tensor's name, element type, shape or data does not fit the model.
    public static let invalidTensor = ErrorCode(name: .invalidTensor)
    /// The model has no signature of that name.
    public static let signatureNotFound = ErrorCode(name: .signatureNotFound)
    /// The model has no label of that name.
    public static let labelNotFound = ErrorCode(name: .labelNotFound)
    /// No route has that path.
    public static let routeNotFound = ErrorCode(name: .routeNotFound)
    /// The path exists, but not for that method.
    public static let methodNotAllowed = ErrorCode(name: .methodNotAllowed)
    /// No such model, or no such version of it, is configured or found.
    public static let modelNotFound = ErrorCode(name: .modelNotFound)
    /// The model is known but no version can answer now; try again later.
    public static let modelNotReady = ErrorCode(name: .modelNotReady)
    /// What a client asks to be loaded is loaded already, from elsewhere.
    public static let alreadyExists = ErrorCode(name: .alreadyExists)
    /// A header, a body or a tensor is larger than a limit allows.
    public static let requestTooLarge = ErrorCode(name: .requestTooLarge)
    /// The content type or content encoding is not one that the route reads.
    public static let unsupportedMediaType = ErrorCode(name: .unsupportedMediaType)
    /// A known feature that this program or this model does not offer.
    public static let unsupported = ErrorCode(name: .unsupported)
    /// The queue is full; try again after a pause.
    public static let overloaded = ErrorCode(name: .overloaded)
    /// The request's time was up before its answer was ready.
    public static let deadlineExceeded = ErrorCode(name: .deadlineExceeded)
    /// The client went away or asked to stop.
    public static let cancelled = ErrorCode(name: .cancelled)
    /// The server is draining; another replica may answer.
    public static let shuttingDown = ErrorCode(name: .shuttingDown)
    /// The engine failed while it ran the model on valid input.
    public static let engineFailed = ErrorCode(name: .engineFailed)
    /// The process that runs the model ended or had to be killed; another takes its place.
    public static let workerFailed = ErrorCode(name: .workerFailed)
    /// The model's files are corrupt, incomplete or of a kind that the engine does not know.
    public static let modelInvalid = ErrorCode(name: .modelInvalid)
    /// Memory or another resource does not suffice.
    public static let resourceExhausted = ErrorCode(name: .resourceExhausted)
    /// A shared library that an engine needs is not installed or not usable.
    public static let libraryMissing = ErrorCode(name: .libraryMissing)
    /// The configuration file or a flag is wrong.
    public static let configurationInvalid = ErrorCode(name: .configurationInvalid)
    /// A file or directory cannot be read.
    public static let fileUnreadable = ErrorCode(name: .fileUnreadable)
    /// A port or socket cannot be bound or reached.
    public static let addressUnavailable = ErrorCode(name: .addressUnavailable)
    /// A defect of this program.
    public static let internalError = ErrorCode(name: .internalError)

    /// Whether the same request, sent again later, may succeed.
    public var isRetryable: Bool {
        switch name {
        case .modelNotReady, .overloaded, .deadlineExceeded, .shuttingDown, .resourceExhausted,
            .addressUnavailable, .workerFailed:
            true
        default: false
        }
    }
}
