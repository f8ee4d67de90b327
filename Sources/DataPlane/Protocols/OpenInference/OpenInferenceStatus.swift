import NIOHTTP1
import ServingCore

/// The HTTP status of each error for clients of the Open Inference Protocol.
///
/// KServe's reading of the protocol, not Triton's, which answers 400 to almost everything: an unknown
/// model is 404, a model that is not ready 503. See `docs/protocols.md` for the differences.
enum OpenInferenceStatus {
    /// The table; a test fails when a code is missing.
    static let table: [ErrorCode: HTTPResponseStatus] = [
        .invalidRequest: .badRequest,
        .invalidName: .badRequest,
        .invalidTensor: .badRequest,
        .signatureNotFound: .badRequest,
        .labelNotFound: .notFound,
        .routeNotFound: .notFound,
        .methodNotAllowed: .methodNotAllowed,
        .modelNotFound: .notFound,
        .modelNotReady: .serviceUnavailable,
        .alreadyExists: .conflict,
        .requestTooLarge: .payloadTooLarge,
        .unsupportedMediaType: .unsupportedMediaType,
        .unsupported: .notImplemented,
        // Triton's answer to a full queue.
        .overloaded: .serviceUnavailable,
        .deadlineExceeded: .gatewayTimeout,
        .cancelled: .clientClosedRequest,
        .shuttingDown: .serviceUnavailable,
        .engineFailed: .internalServerError,
        .modelInvalid: .internalServerError,
        .resourceExhausted: .serviceUnavailable,
        .libraryMissing: .internalServerError,
        .configurationInvalid: .internalServerError,
        .fileUnreadable: .internalServerError,
        .addressUnavailable: .serviceUnavailable,
        .internalError: .internalServerError,
    ]

    /// The status of a code.
    static func of(_ code: ErrorCode) -> HTTPResponseStatus {
        table[code] ?? .internalServerError
    }
}
