import Glibc
import NIOHTTP1

/// Finds the end of a request's head as bytes arrive, and stops heads that are too large.
///
/// Remembers how far it looked, so that a client that sends one byte at a time costs no more than
/// one that sends all at once.
struct HeadScanner {
    private var scanned = 0
    private var lineStart = 0
    private var lines = 0
    private let limits: ListenerLimits
    /// Longest request line: the target, a method, the version and spaces.
    private var requestLineMaximum: Int { limits.targetBytes + 64 }

    init(limits: ListenerLimits) {
        self.limits = limits
    }

    /// Looks for the empty line; returns the length of the head with it, or nil when more must come.
    mutating func end(in bytes: UnsafeRawBufferPointer) throws(Refusal) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        while scanned < bytes.count,
            let found = memchr(base + scanned, 0x0a, bytes.count - scanned)
        {
            let lineFeed = UnsafeRawPointer(found) - base
            let hasReturn = lineFeed > 0 && bytes[lineFeed - 1] == ByteClasses.carriageReturn
            scanned = lineFeed + 1
            try checkSizes(lineLength: lineFeed - lineStart - (hasReturn ? 1 : 0))
            guard hasReturn else {
                throw .bad("a header line ends in a bare line feed; end lines with CR LF")
            }
            if lineFeed - 1 == lineStart {
                defer { self = HeadScanner(limits: limits) }
                return scanned
            }
            try countLine()
            lineStart = scanned
        }
        scanned = bytes.count
        // A carriage return at the end is the line's end as likely as not.
        let ending = scanned > lineStart && bytes[scanned - 1] == ByteClasses.carriageReturn ? 1 : 0
        try checkSizes(lineLength: scanned - lineStart - ending)
        return nil
    }

    /// The first limit that the bytes have passed, whichever way they were cut into pieces.
    private func checkSizes(lineLength: Int) throws(Refusal) {
        let isTargetTooLong = lines == 0 && lineLength > requestLineMaximum
        if isTargetTooLong, requestLineMaximum < limits.headerBytes { throw targetTooLong }
        if scanned > limits.headerBytes { throw tooLarge }
        if isTargetTooLong { throw targetTooLong }
    }

    private mutating func countLine() throws(Refusal) {
        lines += 1
        guard lines - 1 <= limits.headerFields else {
            throw Refusal(
                .requestHeaderFieldsTooLarge,
                "the request has more than \(limits.headerFields) header fields, the limit; "
                    + "send fewer")
        }
    }

    private var tooLarge: Refusal {
        Refusal(
            .requestHeaderFieldsTooLarge,
            "the request's header is longer than \(limits.headerBytes) bytes, the limit; "
                + "send fewer or shorter fields")
    }

    private var targetTooLong: Refusal {
        Refusal(
            .uriTooLong,
            "the request's target is longer than \(limits.targetBytes) bytes, the limit; "
                + "send a shorter path and query")
    }
}
