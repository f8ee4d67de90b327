import NIOHTTP1
import ServingCore

/// The HTTP status of each error for clients of the Open Inference Protocol.
///
/// The default is KServe's reading of the protocol; see `docs/protocols/open-inference-extensions.md`
/// for the others.
enum OpenInferenceStatus {
    /// KServe's table; a test fails when a code is missing.
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
        .workerFailed: .serviceUnavailable,
        .modelInvalid: .internalServerError,
        .resourceExhausted: .serviceUnavailable,
        .libraryMissing: .internalServerError,
        .configurationInvalid: .internalServerError,
        .fileUnreadable: .internalServerError,
        .addressUnavailable: .serviceUnavailable,
        .internalError: .internalServerError,
    ]

    /// Triton's, where it differs: its codes UNAVAILABLE (503) and INVALID_ARG or CANCELLED (400)
    /// stand for what others tell apart.
    static let triton: [ErrorCode: HTTPResponseStatus] = [
        .requestTooLarge: .badRequest, .unsupportedMediaType: .badRequest,
        .deadlineExceeded: .serviceUnavailable, .cancelled: .badRequest,
        .alreadyExists: .badRequest,
    ]

    /// MLServer's, where it differs: a body that breaks the schema is 422, a model that is not ready
    /// 400.
    static let mlserver: [ErrorCode: HTTPResponseStatus] = [
        .invalidRequest: .unprocessableEntity, .invalidName: .unprocessableEntity,
        .modelNotReady: .badRequest,
    ]

    /// The status of a code.
    static func of(
        _ code: ErrorCode, as compatibility: OpenInferenceCompatibility = .kserve
    ) -> HTTPResponseStatus {
        let difference: HTTPResponseStatus?
        switch compatibility {
        case .kserve: difference = nil
        case .triton: difference = triton[code]
        case .mlserver: difference = mlserver[code]
        }
        return difference ?? table[code] ?? .internalServerError
    }
}
