public import Logging
public import ServingCore

/// Writes swift-log's records to a destination, one line each, at once.
///
/// Text: `2026-11-21T08:00:00.123Z info  models: digits/2 available in 12 ms key=value`. Control
/// characters in messages are escaped, so that a record is always one line.
public struct LineLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let level: LogLevelSwitch
    /// A level that somebody gave this one logger; it wins over the switch.
    private var ownLevel: Logger.Level?
    private let label: String
    private let format: LogFormat
    private let write: @Sendable ([UInt8]) -> Void
    private let now: @Sendable () -> UTCTime

    init(
        label: String, level: LogLevelSwitch, format: LogFormat,
        metadataProvider: Logger.MetadataProvider? = nil,
        now: @escaping @Sendable () -> UTCTime = UTCTime.now,
        write: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.label = label
        self.format = format
        self.metadataProvider = metadataProvider
        self.now = now
        self.write = write
        self.level = level
    }

    /// The switch's level, unless this logger was given one of its own.
    public var logLevel: Logger.Level {
        get { ownLevel ?? level.level }
        set { ownLevel = newValue }
    }

    /// Makes the handlers of all loggers; for `LoggingSystem.bootstrap`.
    ///
    /// - Throws: `file_unreadable` when the destination cannot be written.
    public static func factory(
        _ destination: LogDestination, format: LogFormat, level: LogLevelSwitch
    ) throws(ServingError) -> @Sendable (String) -> any LogHandler {
        let file = try LogFile(destination)
        return { label in
            LineLogHandler(label: label, level: level, format: format) { _ = file.write($0) }
        }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadataProvider?.get() ?? [:]
        all.merge(metadata) { $1 }
        all.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error { all["error"] = "\(error)" }
        let pairs = all.sorted { $0.key < $1.key }.map {
            (key: $0.key, value: $0.value.description)
        }
        var line = LogLine()
        switch format {
        case .text: writeText(event, pairs, to: &line)
        case .json: writeJSON(event, pairs, to: &line)
        }
        line.newline()
        write(line.bytes)
    }

    private func writeText(
        _ event: LogEvent, _ pairs: [(key: String, value: String)], to line: inout LogLine
    ) {
        now().writeISO8601(to: &line)
        line.literal(" \(Self.name(of: event.level)) ")
        line.printable(label)
        line.literal(": ")
        line.printable(event.message.description)
        for (key, value) in pairs {
            line.literal(" ")
            line.printable(key)
            line.literal("=")
            let isBare = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 }
            if isBare { line.printable(value) } else { line.json(value) }
        }
    }

    private func writeJSON(
        _ event: LogEvent, _ pairs: [(key: String, value: String)], to line: inout LogLine
    ) {
        line.literal("{\"time\":\"")
        now().writeISO8601(to: &line)
        line.literal("\",\"level\":\"\(event.level.rawValue)\",\"logger\":")
        line.json(label)
        line.literal(",\"message\":")
        line.json(event.message.description)
        if !pairs.isEmpty {
            line.literal(",\"metadata\":{")
            for (index, (key, value)) in pairs.enumerated() {
                if index > 0 { line.literal(",") }
                line.json(key)
                line.literal(":")
                line.json(value)
            }
            line.literal("}")
        }
        line.literal("}")
    }

    /// Five letters each, so that what follows stands in a column.
    private static func name(of level: Logger.Level) -> String {
        switch level {
        case .trace: "trace"
        case .debug: "debug"
        case .info: "info "
        case .notice: "note "
        case .warning: "warn "
        case .error: "error"
        case .critical: "crit "
        }
    }
}

extension LogLine {
    /// Appends text with whatever would break the line or steer a terminal escaped; other letters stay.
    mutating func printable(_ text: String) {
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x5C }
        guard !isPlain else { return literal(text) }
        // JSON's escapes serve, without its quotes; a quotation mark needs none here.
        let quoted = JSONText.quoted(text).replacing("\\\"", with: "\"")
        literal(String(quoted.dropFirst().dropLast()))
    }
}
