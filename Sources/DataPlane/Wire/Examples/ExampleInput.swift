public import NIOCore
public import ServingCore
public import Tensors

/// The rows of a classification or regression: `tensorflow.Example` messages, still serialised, with
/// a context that each of them inherits.
///
/// Field numbers are those of `tensorflow.serving.Input`: `example_list` 1, with `examples` 1;
/// `example_list_with_context` 2, with `examples` 1 and `context` 2.
public struct ExampleInput: Sendable {
    /// The message that the ranges below point into, from its reader index on.
    public let bytes: ByteBuffer
    /// Where the context is; more than one part when the message has it more than once.
    public private(set) var context: [Range<Int>] = []
    /// Where each example is.
    public private(set) var examples: [Range<Int>] = []
    private var kind = 0

    /// Points at no rows of a message yet.
    public init(in bytes: ByteBuffer) {
        self.bytes = bytes
    }

    /// Points at examples whose places are known.
    ///
    /// - Precondition: the ranges lie within the readable bytes.
    public init(in bytes: ByteBuffer, context: Range<Int>?, examples: [Range<Int>]) {
        self.bytes = bytes
        self.context = context.map { [$0] } ?? []
        self.examples = examples
    }

    /// Adds what an `Input` message holds; of two kinds the later one counts.
    ///
    /// - Parameter reader: A reader whose outermost bytes are those of `bytes`.
    /// - Throws: `invalid_request` for damage and beyond `Limits.examplesPerRequestMaximum`.
    public mutating func merge(_ reader: ProtobufReader) throws(ServingError) {
        var reader = reader
        while let field = try reader.nextField() {
            guard field == 1 || field == 2 else {
                try reader.skip()
                continue
            }
            if kind != field {
                kind = field
                context = []
                examples = []
            }
            try mergeList(reader.message(), hasContext: field == 2)
        }
    }

    private mutating func mergeList(_ reader: ProtobufReader, hasContext: Bool)
        throws(ServingError)
    {
        var reader = reader
        while let field = try reader.nextField() {
            switch field {
            case 1:
                guard examples.count < Limits.examplesPerRequestMaximum else {
                    throw Self.tooMany
                }
                examples.append(try reader.range())
            case 2 where hasContext:
                let part = try reader.range()
                // Empty parts add nothing, and would cost time in each example.
                guard !part.isEmpty else { continue }
                guard context.count < Limits.exampleContextPartsMaximum else {
                    throw ServingError(
                        .invalidRequest,
                        "the context comes in more than \(Limits.exampleContextPartsMaximum) "
                            + "parts; send it as one message")
                }
                context.append(part)
            default: try reader.skip()
            }
        }
    }

    static var tooMany: ServingError {
        ServingError(
            .requestTooLarge,
            "a request has at most \(Limits.examplesPerRequestMaximum) examples; send several")
    }

    /// The bytes of the context, which every example repeats: few bytes must not become many.
    ///
    /// - Throws: `request_too_large` beyond `Limits.exampleContextBytesMaximum` in all.
    @discardableResult
    func checkContext() throws(ServingError) -> Int {
        let count = context.reduce(0) { $0 + $1.count }
        let (all, overflow) = count.multipliedReportingOverflow(by: examples.count)
        guard !overflow, all <= Limits.exampleContextBytesMaximum else {
            throw ServingError(
                .requestTooLarge,
                "a context of \(count) bytes in \(examples.count) examples is more than "
                    + "\(Limits.exampleContextBytesMaximum) bytes; send fewer examples at once")
        }
        return count
    }

    /// The examples as a BYTES tensor of shape [examples], as models take them that parse examples
    /// themselves.
    ///
    /// The context stands in front of each example, which merges them: of a feature that both have
    /// the example's own is read last, and so counts.
    ///
    /// - Throws: `invalid_tensor` beyond the limits of a tensor; `resource_exhausted`.
    public func serialized() throws(ServingError) -> Tensor {
        let contextBytes = try checkContext()
        let memory = try GrowableMemory(estimate: bytes.readableBytes)
        try bytes.withUnsafeReadableBytes { (bytes) throws(ServingError) in
            for example in examples {
                let (count, overflow) = contextBytes.addingReportingOverflow(example.count)
                guard !overflow, let length = UInt32(exactly: count) else { throw Self.tooMany }
                try withUnsafeBytes(of: length.littleEndian) { (prefix) throws(ServingError) in
                    try memory.append(prefix)
                }
                for part in context {
                    try memory.append(UnsafeRawBufferPointer(rebasing: bytes[part]))
                }
                try memory.append(UnsafeRawBufferPointer(rebasing: bytes[example]))
            }
        }
        return Tensor(trusted: .bytes, try Shape([examples.count]), memory.freeze())
    }
}
