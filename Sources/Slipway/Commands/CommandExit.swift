public import ServingCore

/// What the program's exit status says; scripts rely on it.
public enum CommandExit: Int32, Hashable, Sendable, CaseIterable {
    /// The command did what was asked.
    case success = 0
    /// It did not, for a reason that no other status names.
    case failure = 1
    /// The command line is wrong.
    case usage = 2
    /// The configuration is invalid.
    case configurationInvalid = 3
    /// The server cannot be reached, or a port cannot be bound.
    case unreachable = 4
    /// The model or the inference failed, on this side or at the server.
    case model = 5

    /// The status that an error ends the program with.
    public init(_ error: ServingError) {
        self =
            switch error.code {
            case .configurationInvalid: .configurationInvalid
            case .addressUnavailable: .unreachable
            case .invalidRequest, .invalidName, .invalidTensor, .signatureNotFound, .labelNotFound,
                .modelNotFound, .modelNotReady, .modelInvalid, .engineFailed, .workerFailed,
                .overloaded,
                .deadlineExceeded, .libraryMissing, .resourceExhausted, .unsupported,
                .requestTooLarge:
                .model
            default: .failure
            }
    }
}
