import CTorchShim
import ServingCore

/// What torch says when a call does not work.
struct TorchFailure: Error {
    /// What kind of failure it is.
    enum Kind: Sendable {
        case failed, outOfMemory, stopped, invalidInput, unsupportedOutput
    }

    /// Its kind.
    let kind: Kind
    /// Its words: the first line, shortened.
    let message: String

    /// Longest message that is repeated, in bytes.
    private static let messageBytesMaximum = 400

    /// Takes what the shim filled in.
    init(_ error: borrowing slipway_torch_error) {
        let text = withUnsafeBytes(of: error.message) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        message = Self.readable(text)
        let isInput = Self.inputPhrases.contains { text.contains($0) }
        kind =
            switch Int(error.kind) {
            case SLIPWAY_TORCH_OUT_OF_MEMORY: .outOfMemory
            case SLIPWAY_TORCH_STOPPED: .stopped
            case SLIPWAY_TORCH_INVALID_INPUT: .invalidInput
            case SLIPWAY_TORCH_UNSUPPORTED: .unsupportedOutput
            default: isInput ? .invalidInput : .failed
            }
    }

    /// A failure on this side of the library.
    init(_ message: String) {
        kind = .failed
        self.message = message
    }

    /// The first line that says something.
    static func readable(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).first { line in
            line.contains { !$0.isWhitespace }
        }
        return String(line ?? "no reason given").clipped(to: messageBytesMaximum)
    }

    /// The error of a run that failed.
    var running: ServingError {
        switch kind {
        case .outOfMemory: ServingError(.resourceExhausted, message)
        case .invalidInput: ServingError(.invalidTensor, "the model refuses the input: \(message)")
        case .unsupportedOutput: ServingError(.engineFailed, "an output cannot be sent: \(message)")
        case .failed, .stopped: ServingError(.engineFailed, message)
        }
    }

    /// The error of a load that failed.
    func loading(version: String) -> ServingError {
        if kind == .outOfMemory { return ServingError(.resourceExhausted, message) }
        return ServingError(
            .modelInvalid, "PyTorch \(version) refuses it: \(message)" + advice)
    }

    private var advice: String {
        if message.contains("Unknown builtin op") || message.contains("Unknown type name") {
            return "; operators of extensions (torchvision.ops and the like) are not here: export "
                + "the model without them"
        }
        if message.contains("with version") {
            return "; it was saved by another version of PyTorch: save it again with \(Self.saved)"
        }
        return ""
    }

    private static let saved = "the version that 'slipway engines' shows, or an older one"

    /// Parts of messages by which torch says that types or shapes do not fit: the interpreter of
    /// TorchScript keeps the words of an exception, and not its type.
    private static let inputPhrases = [
        "cannot be multiplied", "same dtype", "expected scalar type", "must match", "size mismatch",
        "expected input", "Expected input", "Expected tensor for argument", "index out of range",
        "out of range", "out of bounds", "is invalid for input of size", "should be the same",
        "but got input of size", "can't be greater than actual input", "Expected a value of type",
        "unmatched d", "expected size", "to have the same", "Expected size", "to have dimension",
        "not implemented for '", "inconsistent tensor size", "must be broadcastable", "but found",
        "doesn't match the broadcast shape", "needs to be", "Expected more than 1 value",
        "elements; expected", "dimension specified as", "Expected all tensors",
    ]
}
