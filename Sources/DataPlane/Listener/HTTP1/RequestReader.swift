import NIOCore

/// Reads requests from a stream of bytes: a pure state machine, fed by the connection.
///
/// States: `head` to `body` or `chunks` (or straight to the end without a body), these to `head`.
/// After a refusal it must not be used again.
struct RequestReader {
    /// What was found; `more` when the bytes are used up or do not suffice.
    enum Event {
        case more
        case head(RequestHead)
        case body(ByteBuffer)
        case end
    }

    private enum State {
        case head
        case body(left: Int)
        case chunks(ChunkedBody)
    }

    private var state = State.head
    private var scanner: HeadScanner
    private var emptyLines = 0
    private let limits: ListenerLimits

    init(limits: ListenerLimits) {
        self.limits = limits
        scanner = HeadScanner(limits: limits)
    }

    /// Whether the next byte belongs to a head.
    var isBetweenRequests: Bool {
        if case .head = state { true } else { false }
    }

    /// Whether the request whose head was read last has no body to wait for.
    var isComplete: Bool {
        if case .body(left: 0) = state { true } else { false }
    }

    /// Takes the next part from the front of `input`.
    mutating func next(_ input: inout ByteBuffer) throws(Refusal) -> Event {
        switch state {
        case .head: return try nextHead(&input)
        case .body(let left):
            guard left > 0 else {
                state = .head
                return .end
            }
            let count = min(left, input.readableBytes)
            guard count > 0, let slice = input.readSlice(length: count) else { return .more }
            state = .body(left: left - count)
            return .body(slice)
        case .chunks(var chunks):
            // Cleared first, so that the copy below is the only one.
            state = .head
            let step = try chunks.next(&input)
            switch step {
            case .more: state = .chunks(chunks)
            case .data(let slice):
                state = .chunks(chunks)
                return .body(slice)
            case .end: return .end
            }
            return .more
        }
    }

    private mutating func nextHead(_ input: inout ByteBuffer) throws(Refusal) -> Event {
        try skipEmptyLines(&input)
        guard input.readableBytes > 0, !mayBeginEmptyLine(input) else { return .more }
        let head = try parseHead(input)
        guard let (head, length) = head else { return .more }
        input.moveReaderIndex(forwardBy: length)
        emptyLines = 0
        switch head.meaning.framing {
        case .none: state = .body(left: 0)
        case .length(let length): state = .body(left: length)
        case .chunked: state = .chunks(ChunkedBody(limits: limits))
        }
        return .head(head)
    }

    /// Some old clients send an empty line after a body; RFC 9112 section 2.2 lets it pass.
    private mutating func skipEmptyLines(_ input: inout ByteBuffer) throws(Refusal) {
        while input.readableBytes >= 2, emptyLines < 2,
            input.getInteger(at: input.readerIndex, as: UInt16.self) == 0x0d0a
        {
            input.moveReaderIndex(forwardBy: 2)
            emptyLines += 1
        }
        // The first byte of a TLS handshake.
        if input.getInteger(at: input.readerIndex, as: UInt8.self) == 0x16 {
            throw .bad("this port speaks plain HTTP, but a TLS handshake came; use http://")
        }
    }

    /// Whether the other half of an empty line may follow: the scanner, which remembers how far it
    /// looked, must not see what is then skipped.
    private func mayBeginEmptyLine(_ input: ByteBuffer) -> Bool {
        input.readableBytes == 1 && emptyLines < 2
            && input.getInteger(at: input.readerIndex, as: UInt8.self) == ByteClasses.carriageReturn
    }

    private mutating func parseHead(
        _ input: ByteBuffer
    ) throws(Refusal) -> (RequestHead, Int)? {
        var found: Result<(RequestHead, Int)?, Refusal> = .success(nil)
        input.withUnsafeReadableBytes { bytes in
            do throws(Refusal) {
                guard let length = try scanner.end(in: bytes) else { return }
                let head = try HeadParser(limits: limits).parse(
                    UnsafeRawBufferPointer(rebasing: bytes[..<length]))
                found = .success((head, length))
            } catch {
                found = .failure(error)
            }
        }
        return try found.get()
    }
}
