public import ServingCore

/// `run`, as a worker reads it.
public struct RunCommand: Hashable, Sendable {
    /// Position of the signature in `loaded`.
    public var signature: Int
    /// Nanoseconds until the deadline; 0 for none.
    public var nanosecondsLeft: UInt64
    /// From here on the shared memory is the worker's.
    public var freeOffset: Int
    /// Positions of the outputs that are wanted.
    public var outputs: [Int]
    /// The inputs, in the signature's order.
    public var inputs: [WireTensor]

    /// Reads a payload.
    ///
    /// - Throws: `worker_failed` when it breaks the protocol.
    public init(payload: UnsafeRawBufferPointer) throws(ServingError) {
        var reader = PayloadReader(payload)
        signature = Int(try reader.integer(UInt32.self))
        nanosecondsLeft = try reader.integer()
        freeOffset = try reader.size()
        var outputs: [Int] = []
        for _ in 0..<(try reader.count(bytesEach: 4)) {
            outputs.append(Int(try reader.integer(UInt32.self)))
        }
        self.outputs = outputs
        inputs = try reader.tensors()
        try reader.finish()
    }

    /// Writes what stands before the inputs.
    static func write(
        signature: Int, nanosecondsLeft: UInt64, freeOffset: Int, outputs: [Int], inputs: Int,
        to writer: inout PayloadWriter
    ) {
        writer.integer(UInt32(clamping: signature))
        writer.integer(nanosecondsLeft)
        writer.integer(UInt64(freeOffset))
        writer.count(outputs.count)
        for output in outputs { writer.integer(UInt32(clamping: output)) }
        writer.count(inputs)
    }
}

/// `result`, as the server reads it.
public struct ResultReply: Hashable, Sendable {
    /// Nanoseconds that the engine took.
    public var nanoseconds: UInt64
    /// The outputs, in the order wanted.
    public var outputs: [WireTensor]

    /// Reads a payload.
    ///
    /// - Throws: `worker_failed` when it breaks the protocol.
    public init(payload: UnsafeRawBufferPointer) throws(ServingError) {
        var reader = PayloadReader(payload)
        nanoseconds = try reader.integer()
        outputs = try reader.tensors()
        try reader.finish()
    }
}
