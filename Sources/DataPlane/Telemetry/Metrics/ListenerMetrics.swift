public import Listener

/// Counts what happens at one listener, and passes its requests to the access log.
public final class ListenerMetrics: ListenerObserver {
    /// The listener's name, a label: `rest`, `admin`.
    public let name: String
    private let accessLog: AccessLog?
    let connections = Gauge()
    let connectionsOpened = Counter()
    let duration = Histogram(.latency)
    private let responses = AtomicCounts(count: 600)
    private let refusals = AtomicCounts(count: 600)
    private let calls = AtomicCounts(count: GRPCStatus.Code.allCases.count)

    /// Starts at nothing; without an access log no records are asked for.
    public init(name: String, accessLog: AccessLog? = nil) {
        self.name = name
        self.accessLog = accessLog
    }

    public var wantsRecords: Bool { accessLog != nil }

    public func connectionOpened() {
        connections.add(1)
        connectionsOpened.add()
    }

    public func connectionClosed() {
        connections.add(-1)
    }

    public func requestRefused(status: Int) {
        refusals.add(at: status)
    }

    public func requestRefused(status: Int, record: RequestRecord?) {
        requestRefused(status: status)
        if let record { accessLog?.record(record, listener: name) }
    }

    public func requestFinished(status: Int, nanoseconds: UInt64, record: RequestRecord?) {
        responses.add(at: status)
        duration.record(nanoseconds)
        if let record { accessLog?.record(record, listener: name) }
    }

    public func callFinished(
        _ code: GRPCStatus.Code, nanoseconds: UInt64, record: RequestRecord?
    ) {
        calls.add(at: code.rawValue)
        duration.record(nanoseconds)
        if let record { accessLog?.record(record, listener: name) }
    }

    /// The codes with which gRPC calls ended, with how often.
    var callCodes: [(code: Int, count: UInt64)] {
        GRPCStatus.Code.allCases.map(\.rawValue).compactMap { code in
            calls[code] > 0 ? (code, calls[code]) : nil
        }
    }

    /// The statuses that were sent, with how often: by handlers, or by the listener itself.
    func statuses(refused: Bool) -> [(status: Int, count: UInt64)] {
        (0..<600).compactMap { status in
            let count = refused ? refusals[status] : responses[status]
            return count > 0 ? (status, count) : nil
        }
    }
}

/// The metrics of all listeners, in families that they share.
public struct ListenersMetrics: MetricSource {
    private let listeners: [ListenerMetrics]

    /// Shows these listeners, in this order.
    public init(_ listeners: [ListenerMetrics]) {
        self.listeners = listeners
    }

    public func write(to page: inout ExpositionWriter) {
        page.family("slipway_connections", .gauge, "Connections open now.")
        for listener in listeners { page.sample(labels(listener), listener.connections.value) }
        page.family("slipway_connections_opened_total", .counter, "Connections accepted.")
        for listener in listeners {
            page.sample(labels(listener), listener.connectionsOpened.value)
        }
        page.family(
            "slipway_http_responses_total", .counter, "Replies to HTTP requests, by status.")
        write(refused: false, to: &page)
        page.family(
            "slipway_http_refusals_total", .counter,
            "Requests and connections that the listener itself refused, by status.")
        write(refused: true, to: &page)
        page.family(
            "slipway_grpc_calls_total", .counter, "gRPC calls that have ended, by status code.")
        for listener in listeners {
            for (code, count) in listener.callCodes {
                page.sample(labels(listener).adding("code", String(code)), count)
            }
        }
        page.family(
            "slipway_http_request_duration_seconds", .histogram,
            "Time from the end of a request's head until its reply was written.")
        for listener in listeners { page.sample(labels(listener), listener.duration) }
    }

    private func labels(_ listener: ListenerMetrics) -> MetricLabels {
        MetricLabels(["listener": listener.name])
    }

    private func write(refused: Bool, to page: inout ExpositionWriter) {
        for listener in listeners {
            for (status, count) in listener.statuses(refused: refused) {
                page.sample(labels(listener).adding("status", String(status)), count)
            }
        }
    }
}
