import ServingCore

/// What ONNX Runtime says when a call does not work.
struct ONNXFailure: Error {
    /// Kinds of failure, `OrtErrorCode`.
    enum Code: Int32 {
        case fail = 1
        case invalidArgument, noSuchFile, noModel, engineError, runtimeException, invalidProtobuf
        case modelLoaded, notImplemented, invalidGraph, providerFailed, modelLoadCancelled
        case modelRequiresCompilation, notFound
    }

    /// Its kind.
    let code: Code
    /// Its words, made readable.
    let message: String

    /// Takes over a status.
    init(code: Code, rawMessage: String) {
        self.code = code
        message = ONNXMessage.readable(rawMessage)
    }

    /// Whether memory ran out; the library says so in words only.
    private var isOutOfMemory: Bool {
        message.contains("Failed to allocate memory") || message.contains("bad_alloc")
    }

    /// The error of a load that failed.
    ///
    /// - Parameters:
    ///   - file: What the file declares; its operator sets stand in the advice.
    ///   - version: The library's version.
    func loading(_ file: ONNXFile, version: String) -> ServingError {
        if isOutOfMemory { return ServingError(.resourceExhausted, message) }
        let advice = ONNXMessage.advice(for: message, file, version: version)
        return ServingError(
            .modelInvalid, advice ?? "ONNX Runtime \(version) refuses it: \(message)")
    }

    /// The error of a run that failed: the input's fault when the library says so.
    var running: ServingError {
        if isOutOfMemory { return ServingError(.resourceExhausted, message) }
        return ServingError(code == .invalidArgument ? .invalidTensor : .engineFailed, message)
    }
}
