import Listener
import ServingCore

/// The gRPC status of each error for clients of the Open Inference Protocol.
///
/// The codes are those of Triton's `GrpcStatusUtil` where Triton has the error at all; where KServe,
/// Triton and MLServer differ, the compatibility setting decides. See
/// `docs/protocols/open-inference-grpc.md`.
enum OpenInferenceGRPCStatus {
    /// The table; a test fails when a code is missing.
    static let table: [ErrorCode: GRPCStatus.Code] = [
        .invalidRequest: .invalidArgument,
        .invalidName: .invalidArgument,
        .invalidTensor: .invalidArgument,
        .signatureNotFound: .invalidArgument,
        .labelNotFound: .notFound,
        // A shared memory region that is not registered; unknown methods never get here.
        .routeNotFound: .notFound,
        .methodNotAllowed: .unimplemented,
        .modelNotFound: .notFound,
        .modelNotReady: .unavailable,
        .alreadyExists: .alreadyExists,
        .requestTooLarge: .resourceExhausted,
        .unsupportedMediaType: .invalidArgument,
        .unsupported: .unimplemented,
        // Triton's answer to a full queue.
        .overloaded: .unavailable,
        .deadlineExceeded: .deadlineExceeded,
        .cancelled: .cancelled,
        .shuttingDown: .unavailable,
        .engineFailed: .internalError,
        .workerFailed: .unavailable,
        .modelInvalid: .internalError,
        .resourceExhausted: .resourceExhausted,
        .libraryMissing: .internalError,
        .configurationInvalid: .internalError,
        .fileUnreadable: .internalError,
        .addressUnavailable: .unavailable,
        .internalError: .internalError,
    ]

    /// Triton has no code of its own for these and says UNAVAILABLE.
    private static let triton: [ErrorCode: GRPCStatus.Code] = [
        .deadlineExceeded: .unavailable, .resourceExhausted: .unavailable,
    ]

    /// MLServer calls a model that is not ready and a failed inference the request's fault, and a
    /// model that cannot be loaded a failed precondition.
    private static let mlserver: [ErrorCode: GRPCStatus.Code] = [
        .modelNotReady: .invalidArgument, .modelInvalid: .failedPrecondition,
        .overloaded: .internalError,
    ]

    /// The status code of an error.
    static func code(_ code: ErrorCode, _ compatibility: OpenInferenceCompatibility)
        -> GRPCStatus.Code
    {
        let special: GRPCStatus.Code? =
            switch compatibility {
            case .kserve: nil
            case .triton: triton[code]
            case .mlserver: mlserver[code]
            }
        return special ?? table[code] ?? .internalError
    }

    /// The status of an error.
    static func of(_ error: ServingError, _ compatibility: OpenInferenceCompatibility)
        -> GRPCStatus
    {
        GRPCStatus(code(error.code, compatibility), error.message)
    }
}
