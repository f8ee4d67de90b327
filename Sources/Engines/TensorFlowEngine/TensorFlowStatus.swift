import CTensorFlow
import ServingCore

/// A status object of the library, in which a call says how it went; one thread at a time.
struct TensorFlowStatus: ~Copyable {
    private let library: TensorFlowLibrary
    /// For the library's functions.
    let handle: OpaquePointer

    /// Makes one.
    ///
    /// - Throws: `resource_exhausted`.
    init(_ library: TensorFlowLibrary) throws(ServingError) {
        guard let handle = library.newStatus() else {
            throw ServingError(.resourceExhausted, "no memory for a TensorFlow status")
        }
        self.library = library
        self.handle = handle
    }

    deinit {
        library.deleteStatus(handle)
    }

    /// What went wrong in the last call; nil when nothing did.
    var failure: TensorFlowFailure? {
        let code = library.getCode(handle)
        guard code != 0 else { return nil }
        return TensorFlowFailure(
            code: code, rawMessage: String(cString: library.message(handle)))
    }
}

/// What TensorFlow says when a call does not work.
struct TensorFlowFailure: Error {
    /// Kinds of failure, `TF_Code`.
    enum Code: Int32 {
        case cancelled = 1
        case unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists
        case permissionDenied, resourceExhausted, failedPrecondition, aborted, outOfRange
        case unimplemented, internalError, unavailable, dataLoss, unauthenticated
    }

    /// Its kind.
    let code: Code
    /// Its words, made readable.
    let message: String

    /// Takes over a status.
    init(code: Int32, rawMessage: String) {
        self.code = Code(rawValue: code) ?? .unknown
        message = TensorFlowMessage.readable(rawMessage)
    }

    /// The error of a load that failed.
    ///
    /// - Parameter version: The library's version.
    func loading(version: String) -> ServingError {
        if code == .resourceExhausted { return ServingError(.resourceExhausted, message) }
        if let advice = TensorFlowMessage.advice(for: message, version: version) {
            return ServingError(.modelInvalid, advice)
        }
        if code == .dataLoss || code == .outOfRange {
            return ServingError(
                .modelInvalid,
                "the values of its variables are damaged, copy the whole directory again: "
                    + message)
        }
        return ServingError(.modelInvalid, "TensorFlow \(version) refuses it: \(message)")
    }

    /// The error of a run that failed: the input's fault when the library says so.
    func running(version: String) -> ServingError {
        switch code {
        case .invalidArgument, .outOfRange: return ServingError(.invalidTensor, message)
        case .resourceExhausted: return ServingError(.resourceExhausted, message)
        case .deadlineExceeded:
            return ServingError(
                .deadlineExceeded, "TensorFlow gave the run up after the option 'run_timeout_ms'")
        default:
            let advice = TensorFlowMessage.advice(for: message, version: version)
            return ServingError(.engineFailed, advice ?? message)
        }
    }
}
