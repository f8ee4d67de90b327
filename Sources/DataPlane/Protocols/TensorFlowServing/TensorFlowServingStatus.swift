import NIOHTTP1
import ServingCore

/// Google's canonical status codes, under the names that TensorFlow Serving prints.
enum CanonicalCode: String, Hashable, Sendable {
    case ok = "OK"
    case cancelled = "CANCELLED"
    case invalidArgument = "INVALID_ARGUMENT"
    case deadlineExceeded = "DEADLINE_EXCEEDED"
    case notFound = "NOT_FOUND"
    case alreadyExists = "ALREADY_EXISTS"
    case resourceExhausted = "RESOURCE_EXHAUSTED"
    case failedPrecondition = "FAILED_PRECONDITION"
    case unimplemented = "UNIMPLEMENTED"
    case internalError = "INTERNAL"
    case unavailable = "UNAVAILABLE"
    case dataLoss = "DATA_LOSS"

    /// TensorFlow Serving's own mapping (`http_server.cc`).
    var httpStatus: HTTPResponseStatus {
        switch self {
        case .ok: .ok
        case .cancelled: .clientClosedRequest
        case .invalidArgument, .failedPrecondition: .badRequest
        case .deadlineExceeded: .gatewayTimeout
        case .notFound: .notFound
        case .alreadyExists: .conflict
        case .resourceExhausted: .tooManyRequests
        case .unimplemented: .notImplemented
        case .internalError, .dataLoss: .internalServerError
        case .unavailable: .serviceUnavailable
        }
    }
}

extension HTTPResponseStatus {
    /// 499, the usual number (nginx's) for a client that left before its answer.
    static let clientClosedRequest = HTTPResponseStatus.custom(
        code: 499, reasonPhrase: "Client Closed Request")
}

/// How an error looks to a client of TensorFlow Serving.
struct TensorFlowServingStatus: Hashable, Sendable {
    /// The canonical code, as the status route prints it.
    let canonical: CanonicalCode
    /// The HTTP status; the canonical code's unless HTTP has a more exact one.
    let http: HTTPResponseStatus
    /// The code of a gRPC call; the canonical one unless the original answers the two differently.
    let grpc: CanonicalCode

    private init(
        _ canonical: CanonicalCode, _ http: HTTPResponseStatus? = nil, grpc: CanonicalCode? = nil
    ) {
        self.canonical = canonical
        self.http = http ?? canonical.httpStatus
        self.grpc = grpc ?? canonical
    }

    /// The table; a test fails when a code is missing.
    static let table: [ErrorCode: TensorFlowServingStatus] = [
        .invalidRequest: Self(.invalidArgument),
        .invalidName: Self(.invalidArgument),
        .invalidTensor: Self(.invalidArgument),
        // REST looks the signature up before `Predict` does, and calls it an invalid argument.
        .signatureNotFound: Self(.invalidArgument, grpc: .failedPrecondition),
        // Not 404: TensorFlow Serving calls an unknown label an invalid argument.
        .labelNotFound: Self(.invalidArgument),
        .routeNotFound: Self(.notFound),
        // Not 405: TensorFlow Serving calls a wrong method a malformed request.
        .methodNotAllowed: Self(.invalidArgument),
        .modelNotFound: Self(.notFound),
        .modelNotReady: Self(.unavailable),
        .alreadyExists: Self(.alreadyExists),
        .requestTooLarge: Self(.invalidArgument, .payloadTooLarge, grpc: .resourceExhausted),
        .unsupportedMediaType: Self(.invalidArgument, .unsupportedMediaType),
        .unsupported: Self(.unimplemented),
        .overloaded: Self(.resourceExhausted),
        .deadlineExceeded: Self(.deadlineExceeded),
        .cancelled: Self(.cancelled),
        .shuttingDown: Self(.unavailable),
        .engineFailed: Self(.internalError),
        .workerFailed: Self(.unavailable),
        .modelInvalid: Self(.dataLoss),
        .resourceExhausted: Self(.resourceExhausted),
        // The operator's faults are failed preconditions, but no fault of the client that asks.
        .libraryMissing: Self(.failedPrecondition, .internalServerError),
        .configurationInvalid: Self(.failedPrecondition, .internalServerError),
        .fileUnreadable: Self(.failedPrecondition, .internalServerError),
        .addressUnavailable: Self(.unavailable),
        .internalError: Self(.internalError),
    ]

    /// The status of a code.
    static func of(_ code: ErrorCode) -> TensorFlowServingStatus {
        table[code] ?? Self(.internalError)
    }
}
