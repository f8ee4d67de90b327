public import Listener
public import ServingCore

/// The access log: requests queue in memory, and a thread of its own formats and writes them.
///
/// An event loop only appends to a bounded queue under a lock held for that long; what does not fit,
/// because the disk or the reader of the pipe is slow, is dropped and counted.
public final class AccessLog: Sendable {
    private struct State {
        var pending: [AccessLogEntry] = []
        var textBytes = 0
        var isClosing = false
        var isClosed = false
        var wantsReopening = false
    }

    private enum Work {
        case write, reopen, close
    }

    /// Most requests that wait for the writer.
    public static let entriesMaximum = 8_192
    /// Most bytes of clients' text that wait for the writer.
    public static let textBytesMaximum = 4 << 20

    /// Lines lost because the writer was behind or a write failed.
    public let dropped = Counter()
    private let state = Condition(State())
    private let format: LogFormat
    private let now: @Sendable () -> UTCTime

    /// Opens the log and starts its writer, which runs until `close`.
    ///
    /// - Throws: `file_unreadable` when the file cannot be written, `resource_exhausted` when no
    ///   thread can be started.
    public convenience init(_ destination: LogDestination, format: LogFormat) throws(ServingError) {
        let file = try LogFile(destination)
        self.init(format: format, now: UTCTime.now)
        try start(file) { try? LogFile(destination) }
    }

    /// Makes a log without a writer; `start` gives it one.
    init(format: LogFormat, now: @escaping @Sendable () -> UTCTime) {
        self.format = format
        self.now = now
        state.withLock { $0.pending.reserveCapacity(256) }
    }

    /// Records a request; never blocks on the destination.
    public func record(_ record: RequestRecord, listener: String) {
        add(AccessLogEntry(record, listener: listener, time: now()))
    }

    func add(_ entry: AccessLogEntry) {
        let bytes = entry.textBytes
        let (isAdded, wasEmpty) = state.withLock { state in
            guard !state.isClosing, state.pending.count < Self.entriesMaximum,
                state.textBytes + bytes <= Self.textBytesMaximum
            else { return (false, false) }
            state.pending.append(entry)
            state.textBytes += bytes
            return (true, state.pending.count == 1)
        }
        if !isAdded { dropped.add() }
        // The writer sleeps only while nothing is pending.
        if wasEmpty { state.signal() }
    }

    /// Opens the file anew before the next line; after a log rotation has renamed it.
    public func reopen() {
        state.withLock { $0.wantsReopening = true }
        state.signal()
    }

    /// Writes what is pending, then stops the writer; later requests count as dropped.
    public func close() {
        state.withLock { $0.isClosing = true }
        state.broadcast()
        state.wait { $0.isClosed ? () : nil }
    }

    /// Starts the writer thread.
    func start(_ file: LogFile, reopen: @escaping @Sendable () -> LogFile?) throws(ServingError) {
        try NamedThread.start("access-log") { [self] in
            var file = file
            var line = LogLine()
            var batch: [AccessLogEntry] = []
            batch.reserveCapacity(256)
            while true {
                switch take(&batch) {
                case .reopen: file = reopen() ?? file
                case .write: write(batch, &line, file)
                case .close:
                    state.withLock { $0.isClosed = true }
                    return state.broadcast()
                }
            }
        }
    }

    /// Sleeps until there is something to do; for `write`, exchanges the queue for an empty one.
    private func take(_ batch: inout [AccessLogEntry]) -> Work {
        batch.removeAll(keepingCapacity: true)
        return state.wait { state in
            if state.wantsReopening {
                state.wantsReopening = false
                return .reopen
            }
            if !state.pending.isEmpty {
                swap(&state.pending, &batch)
                state.textBytes = 0
                return .write
            }
            return state.isClosing ? .close : nil
        }
    }

    private func write(_ entries: [AccessLogEntry], _ line: inout LogLine, _ file: LogFile) {
        var lines: UInt64 = 0
        for entry in entries {
            entry.write(format, to: &line)
            lines += 1
            if line.bytes.count > 64 * 1024 { flush(&line, &lines, file) }
        }
        flush(&line, &lines, file)
    }

    private func flush(_ line: inout LogLine, _ lines: inout UInt64, _ file: LogFile) {
        if !line.bytes.isEmpty, !file.write(line.bytes) { dropped.add(lines) }
        line.clear()
        lines = 0
    }
}

extension AccessLog: MetricSource {
    public func write(to page: inout ExpositionWriter) {
        page.family(
            "slipway_access_log_dropped_total", .counter,
            "Access log lines lost because the log was written too slowly or not at all.")
        page.sample(.none, dropped.value)
    }
}
