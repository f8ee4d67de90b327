import Listener

/// A request as the access log keeps it until its line is written.
struct AccessLogEntry: Sendable {
    var time: UTCTime
    var listener: String
    var method: String
    var target: String
    var status: Int
    var bytesIn: Int
    var bytesOut: Int
    var nanoseconds: UInt64
    var remoteAddress: String
    var userAgent: String?
    /// How a gRPC call ended; in JSON only.
    var grpcStatus: Int?

    /// Longest target and user agent that a line shows, in bytes.
    static let textBytesMaximum = 2_048

    /// What the entry holds of the client's text, in bytes.
    var textBytes: Int {
        method.utf8.count + target.utf8.count + (userAgent?.utf8.count ?? 0)
    }

    /// Appends the entry's line.
    func write(_ format: LogFormat, to line: inout LogLine) {
        switch format {
        case .text: writeText(to: &line)
        case .json: writeJSON(to: &line)
        }
        line.newline()
    }

    /// The combined format of web servers, without protocol version and referer, and with the
    /// duration in seconds at the end:
    /// `127.0.0.1 - - [21/Nov/2026:08:00:00 +0000] "GET /readyz" 200 17 "-" "curl/8.5.0" 0.000213`.
    private func writeText(to line: inout LogLine) {
        line.escaped(remoteAddress, bytesMaximum: 256)
        line.literal(" - - [")
        time.writeCommonLog(to: &line)
        line.literal("] \"")
        line.escaped(method, bytesMaximum: 64)
        line.literal(" ")
        line.escaped(target, bytesMaximum: Self.textBytesMaximum)
        line.literal("\" ")
        line.decimal(status, digits: 3)
        line.literal(" ")
        line.decimal(bytesOut, digits: 1)
        line.literal(" \"-\" \"")
        line.escaped(userAgent ?? "-", bytesMaximum: Self.textBytesMaximum)
        line.literal("\" ")
        line.seconds(nanoseconds: nanoseconds)
    }

    private func writeJSON(to line: inout LogLine) {
        line.literal("{\"time\":\"")
        time.writeISO8601(to: &line)
        line.literal("\",\"listener\":")
        line.json(listener)
        line.literal(",\"remote\":")
        line.json(remoteAddress, bytesMaximum: 256)
        line.literal(",\"method\":")
        line.json(method, bytesMaximum: 64)
        line.literal(",\"target\":")
        line.json(target, bytesMaximum: Self.textBytesMaximum)
        line.literal(",\"status\":")
        line.decimal(status, digits: 1)
        line.literal(",\"bytes_in\":")
        line.decimal(bytesIn, digits: 1)
        line.literal(",\"bytes_out\":")
        line.decimal(bytesOut, digits: 1)
        line.literal(",\"duration_seconds\":")
        line.seconds(nanoseconds: nanoseconds)
        if let grpcStatus {
            line.literal(",\"grpc_status\":")
            line.decimal(grpcStatus, digits: 1)
        }
        if let userAgent {
            line.literal(",\"user_agent\":")
            line.json(userAgent, bytesMaximum: Self.textBytesMaximum)
        }
        line.literal("}")
    }
}

extension AccessLogEntry {
    /// Takes over what the listener recorded.
    init(_ record: RequestRecord, listener: String, time: UTCTime) {
        self.init(
            time: time, listener: listener, method: record.method, target: record.target,
            status: record.status, bytesIn: record.bytesIn, bytesOut: record.bytesOut,
            nanoseconds: record.nanoseconds, remoteAddress: record.remoteAddress,
            userAgent: record.userAgent, grpcStatus: record.grpcStatus)
    }
}
