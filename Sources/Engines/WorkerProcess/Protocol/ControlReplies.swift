public import ServingCore

/// `failed`: why a load or a run did not work.
public struct FailedReply: Sendable {
    /// The error, with the code and source that the worker gave it.
    public var error: ServingError

    /// Wraps an error.
    public init(_ error: ServingError) {
        self.error = error
    }

    /// The frame; a message that is too long is cut.
    public func frame(sequence: UInt64) throws(ServingError) -> [UInt8] {
        var writer = PayloadWriter()
        writer.text(error.code.description)
        writer.text(error.source.rawValue)
        writer.text(error.message.clipped(to: Self.messageBytesMaximum))
        writer.integer(error.retryAfter?.nanosecondsClamped ?? 0)
        return try writer.finish(.failed, sequence: sequence)
    }

    /// Longest message, in bytes.
    static let messageBytesMaximum = 16 * 1024

    /// Reads a payload; an unknown code is taken for `engine_failed`.
    ///
    /// - Throws: `worker_failed` when it breaks the protocol.
    public init(payload: UnsafeRawBufferPointer) throws(ServingError) {
        var reader = PayloadReader(payload)
        let code = try reader.text()
        let source = try reader.text()
        let message = try reader.text()
        let pause = try reader.integer(UInt64.self)
        try reader.finish()
        error = ServingError(
            ErrorCode.allCodes.first { $0.description == code } ?? .engineFailed,
            message.clipped(to: Self.messageBytesMaximum),
            source: ServingError.Source(rawValue: source),
            retryAfter: pause == 0 ? nil : .nanoseconds(Int64(clamping: pause)))
    }
}

/// `statistics`: what a worker counts.
public struct StatisticsReply: Hashable, Sendable {
    /// Bytes of memory that the process has.
    public var residentBytes: UInt64
    /// Runs that ended, well or not.
    public var runs: UInt64
    /// Nanoseconds spent in them.
    public var runNanoseconds: UInt64

    /// Counts.
    public init(residentBytes: UInt64, runs: UInt64, runNanoseconds: UInt64) {
        self.residentBytes = residentBytes
        self.runs = runs
        self.runNanoseconds = runNanoseconds
    }

    /// The frame.
    public func frame(sequence: UInt64) throws(ServingError) -> [UInt8] {
        var writer = PayloadWriter()
        writer.integer(residentBytes)
        writer.integer(runs)
        writer.integer(runNanoseconds)
        return try writer.finish(.statisticsReply, sequence: sequence)
    }

    /// Reads a payload.
    ///
    /// - Throws: `worker_failed` when it breaks the protocol.
    public init(payload: UnsafeRawBufferPointer) throws(ServingError) {
        var reader = PayloadReader(payload)
        residentBytes = try reader.integer()
        runs = try reader.integer()
        runNanoseconds = try reader.integer()
        try reader.finish()
    }
}

/// `cancel`: nobody waits for a run any more.
public struct CancelCommand: Hashable, Sendable {
    /// The lane that it runs on.
    public var lane: Int
    /// The run's sequence number.
    public var run: UInt64

    /// Names a run.
    public init(lane: Int, run: UInt64) {
        self.lane = lane
        self.run = run
    }

    /// The frame.
    public func frame(sequence: UInt64) throws(ServingError) -> [UInt8] {
        var writer = PayloadWriter()
        writer.integer(UInt32(clamping: lane))
        writer.integer(run)
        return try writer.finish(.cancel, sequence: sequence)
    }

    /// Reads a payload.
    ///
    /// - Throws: `worker_failed` when it breaks the protocol.
    public init(payload: UnsafeRawBufferPointer) throws(ServingError) {
        var reader = PayloadReader(payload)
        lane = Int(try reader.integer(UInt32.self))
        run = try reader.integer()
        try reader.finish()
    }
}

/// `hello` and `progress`: a line of text.
public enum TextMessage {
    /// The frame.
    public static func frame(
        _ kind: WorkerFrame.Kind, _ text: String, sequence: UInt64
    ) throws(ServingError) -> [UInt8] {
        var writer = PayloadWriter()
        writer.text(text)
        return try writer.finish(kind, sequence: sequence)
    }

    /// Reads a payload.
    ///
    /// - Throws: `worker_failed` when it breaks the protocol.
    public static func read(_ payload: UnsafeRawBufferPointer) throws(ServingError) -> String {
        var reader = PayloadReader(payload)
        let text = try reader.text()
        try reader.finish()
        return text
    }
}
