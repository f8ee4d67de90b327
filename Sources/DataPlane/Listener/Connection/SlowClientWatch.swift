import NIOCore
import ServingCore

/// What a connection is doing, and since when.
///
/// `handshake` to `idle`; `idle` to `head` to `body` to `inFlight` to `idle`; any to `lingering`
/// (refused, reading the rest away), `closing` (last reply under way) and `closed`; `handshake`, `idle`
/// or `head` to `handedOver`, when the client turned out to speak HTTP/2.
enum ConnectionPhase: Equatable {
    case handshake, idle, head, body, inFlight, lingering, closing, closed, handedOver
}

/// Decides when a client has been too slow; pure, so that tests move the time.
struct SlowClientWatch {
    /// What to do now.
    enum Verdict: Equatable {
        /// Look again at that moment.
        case wait(until: NIODeadline)
        /// Close without a word.
        case close
        /// Answer 408 and close.
        case timeOut(String)
        /// The handler did not answer: 504 and close.
        case giveUp
    }

    private let limits: ListenerLimits
    /// The longest pause between two looks. No time limit is shorter (but lingering, which sets a
    /// timer of its own), so each is seen exactly when it is over.
    let interval: TimeAmount

    init(limits: ListenerLimits) {
        self.limits = limits
        let shortest = min(
            limits.headerRead, limits.bodyRead, limits.keepAlive, limits.replyWrite)
        interval = .nanoseconds(Int64(clamping: max(shortest.nanosecondsClamped, 1_000_000)))
    }

    /// - Parameters:
    ///   - since: When the phase began or, in a body, when its last part came.
    ///   - requestDeadline: That of the request whose body is read or whose answer is awaited.
    func verdict(
        _ phase: ConnectionPhase, since: NIODeadline, requestDeadline: NIODeadline,
        now: NIODeadline
    ) -> Verdict {
        let end = self.end(of: phase, since: since, requestDeadline: requestDeadline)
        if now < end { return .wait(until: min(end, now + interval)) }
        switch phase {
        case .handshake, .idle, .lingering, .closing, .closed, .handedOver: return .close
        case .head:
            return .timeOut(
                "the request's header was not complete after \(limits.headerRead), the limit")
        case .body:
            return now >= requestDeadline
                ? .timeOut("the request's time was up before its body was complete")
                : .timeOut("no part of the body came for \(limits.bodyRead), the limit")
        case .inFlight: return .giveUp
        }
    }

    private func end(
        of phase: ConnectionPhase, since: NIODeadline, requestDeadline: NIODeadline
    ) -> NIODeadline {
        switch phase {
        case .handshake, .head: since.later(by: limits.headerRead)
        case .idle: since.later(by: limits.keepAlive)
        case .body: min(since.later(by: limits.bodyRead), requestDeadline)
        case .inFlight: requestDeadline.later(by: limits.answerGrace)
        case .lingering: since.later(by: limits.linger)
        case .closing: since.later(by: limits.replyWrite)
        case .closed, .handedOver: since
        }
    }
}

extension NIODeadline {
    /// A later moment; saturates instead of trapping.
    func later(by duration: Duration) -> NIODeadline {
        let nanoseconds = duration.nanosecondsClamped
        let now = UInt64(clamping: uptimeNanoseconds)
        let (sum, overflow) = now.addingReportingOverflow(nanoseconds)
        let largest = UInt64(Int64.max) - 3_600_000_000_000
        return .uptimeNanoseconds(overflow ? largest : min(sum, largest))
    }
}
