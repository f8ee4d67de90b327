import ServingCore

/// The parameters of a whole `ModelInferRequest` that mean something here.
///
/// Others are passed over, as over REST: the protocol leaves them to the server.
struct ModelInferParameters: Sendable {
    /// The client's patience in microseconds; nil for none, as is 0 in Triton.
    private(set) var timeoutMicroseconds: UInt64?
    /// Whether outputs are wanted raw (true) or typed (false); nil when the request does not say.
    private(set) var rawOutput: Bool?

    /// Reads the parameters.
    ///
    /// - Throws: `invalid_request`, in Triton's words, for values of the wrong kind and for names
    ///   that begin with `triton_` but are not known.
    init(_ parameters: [(key: String, value: InferParameter)]) throws(ServingError) {
        for (key, value) in parameters {
            switch key {
            case "timeout": timeoutMicroseconds = try Self.timeout(value)
            case "binary_data_output": rawOutput = try Self.boolean(key, value)
            case "triton_enable_empty_final_response":
                // Every request of a stream has one answer here, which is never empty.
                _ = try Self.boolean(key, value)
            default:
                guard !key.hasPrefix("triton_") else {
                    throw ServingError(
                        .invalidRequest,
                        "parameter keys starting with 'triton_' are reserved for Triton usage. "
                            + "Only the following keys starting with 'triton_' are allowed: "
                            + "triton_enable_empty_final_response")
                }
            }
        }
    }

    private static func timeout(_ value: InferParameter) throws(ServingError) -> UInt64? {
        switch value {
        case .integer(let microseconds) where microseconds >= 0:
            microseconds == 0 ? nil : UInt64(microseconds)
        case .unsigned(let microseconds): microseconds == 0 ? nil : microseconds
        case .integer(let microseconds):
            throw ServingError(
                .invalidRequest,
                "invalid value for 'timeout', expected value >= 0, got \(microseconds)")
        default:
            throw ServingError(
                .invalidRequest,
                "invalid value type for 'timeout' parameter, expected int64_param.")
        }
    }

    private static func boolean(_ key: String, _ value: InferParameter) throws(ServingError)
        -> Bool
    {
        guard case .boolean(let flag) = value else {
            throw ServingError(
                .invalidRequest,
                "invalid value type for '\(key)' parameter, expected bool_param.")
        }
        return flag
    }
}

extension InferParameter {
    /// The value as the extensions take it; numbers beyond `Int64` are cut to its range.
    var asExtensionParameter: ExtensionParameter {
        switch self {
        case .boolean(let flag): .boolean(flag)
        case .integer(let integer): .integer(integer)
        case .unsigned(let integer): .integer(Int64(clamping: integer))
        case .number(let number): .number(number)
        case .text(let text): .text(text)
        case .none: .null
        }
    }
}

extension ModelInferMessage.Input {
    /// Where in shared memory the input lies; nil when it comes with the message.
    ///
    /// - Throws: `invalid_request`.
    func sharedMemory() throws(ServingError) -> SharedMemoryReference? {
        guard !parameters.isEmpty else { return nil }
        var collector = SharedMemoryReference.Collector()
        for (key, value) in parameters {
            _ = try collector.take(key, value.asExtensionParameter)
        }
        return try collector.finish()
    }
}

extension ModelInferMessage.Output {
    /// What is wanted of the output.
    ///
    /// - Throws: `invalid_request`, in Triton's words where it has some.
    func form() throws(ServingError) -> OutputForm {
        var form = OutputForm()
        guard !parameters.isEmpty else { return form }
        var collector = SharedMemoryReference.Collector()
        for (key, value) in parameters {
            if key == "classification" {
                guard case .integer(let count) = value, count >= 0 else {
                    throw ServingError(
                        .invalidRequest,
                        "invalid value type for 'classification' parameter, expected int64_param")
                }
                form.classification = Int(clamping: count)
            } else {
                _ = try collector.take(key, value.asExtensionParameter)
            }
        }
        form.sharedMemory = try collector.finish()
        try form.check(isBinary: nil)
        return form
    }
}
