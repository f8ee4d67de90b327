import NIOHTTP1
import ServingCore

/// How an error looks to clients of SageMaker and MLflow: an HTTP status, and the name of MLflow's
/// error code nearest to it.
struct InvocationsStatus: Hashable, Sendable {
    /// The HTTP status.
    let http: HTTPResponseStatus
    /// The name in MLflow's `ErrorCode` enumeration, which stands in the body.
    let name: String

    private init(_ http: HTTPResponseStatus, _ name: String) {
        self.http = http
        self.name = name
    }

    private static let badRequest = Self(.badRequest, "BAD_REQUEST")
    private static let invalid = Self(.badRequest, "INVALID_PARAMETER_VALUE")
    private static let absent = Self(.notFound, "RESOURCE_DOES_NOT_EXIST")
    private static let unavailable = Self(.serviceUnavailable, "TEMPORARILY_UNAVAILABLE")
    private static let fault = Self(.internalServerError, "INTERNAL_ERROR")

    /// The table; a test fails when a code is missing.
    static let table: [ErrorCode: InvocationsStatus] = [
        .invalidRequest: badRequest,
        .invalidName: invalid,
        .invalidTensor: invalid,
        .signatureNotFound: invalid,
        .labelNotFound: absent,
        .routeNotFound: Self(.notFound, "ENDPOINT_NOT_FOUND"),
        .methodNotAllowed: Self(.methodNotAllowed, "BAD_REQUEST"),
        .modelNotFound: absent,
        .modelNotReady: unavailable,
        .alreadyExists: Self(.conflict, "RESOURCE_ALREADY_EXISTS"),
        .requestTooLarge: Self(.payloadTooLarge, "BAD_REQUEST"),
        .unsupportedMediaType: Self(.unsupportedMediaType, "BAD_REQUEST"),
        .unsupported: Self(.notImplemented, "NOT_IMPLEMENTED"),
        .overloaded: unavailable,
        .deadlineExceeded: Self(.gatewayTimeout, "DEADLINE_EXCEEDED"),
        .cancelled: Self(.clientClosedRequest, "CANCELLED"),
        .shuttingDown: unavailable,
        .engineFailed: fault,
        .workerFailed: unavailable,
        .modelInvalid: fault,
        // What makes SageMaker unload other models of a multi-model endpoint and try again.
        .resourceExhausted: Self(
            .custom(code: 507, reasonPhrase: "Insufficient Storage"), "RESOURCE_EXHAUSTED"),
        .libraryMissing: fault,
        .configurationInvalid: fault,
        .fileUnreadable: fault,
        .addressUnavailable: unavailable,
        .internalError: fault,
    ]

    /// The status of a code.
    static func of(_ code: ErrorCode) -> InvocationsStatus { table[code] ?? fault }
}
