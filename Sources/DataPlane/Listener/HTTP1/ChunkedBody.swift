import NIOCore
import ServingCore

/// Takes the chunks of a body apart (RFC 9112 section 7.1); trailers are checked and dropped.
///
/// States: `size` to `data` (or `trailers` after the last chunk), `data` to `dataEnd`, `dataEnd` to
/// `size`, `trailers` to the end.
struct ChunkedBody {
    /// What was found.
    enum Step {
        case more
        case data(ByteBuffer)
        case end
    }

    private enum State {
        case size
        case data(left: Int)
        case dataEnd
        case trailers(bytes: Int)
    }

    private var state = State.size
    private let limits: ListenerLimits
    private var extensionBytes = 0

    init(limits: ListenerLimits) {
        self.limits = limits
    }

    mutating func next(_ input: inout ByteBuffer) throws(Refusal) -> Step {
        while input.readableBytes > 0 {
            switch state {
            case .size:
                guard let line = try takeLine(&input, longest: Limits.chunkLineBytesMaximum) else {
                    return .more
                }
                let size = try parseSize(line)
                state = size == 0 ? .trailers(bytes: 0) : .data(left: size)
            case .data(let left):
                let count = min(left, input.readableBytes)
                guard let slice = input.readSlice(length: count) else { return .more }
                state = left == count ? .dataEnd : .data(left: left - count)
                return .data(slice)
            case .dataEnd:
                guard let line = try takeLine(&input, longest: 2) else { return .more }
                guard line.readableBytes == 0 else { throw Self.misplaced }
                state = .size
            case .trailers(let bytes):
                guard let line = try takeLine(&input, longest: limits.headerBytes - bytes) else {
                    return .more
                }
                if line.readableBytes == 0 { return .end }
                state = .trailers(bytes: bytes + line.readableBytes + 2)
                try checkTrailer(line)
            }
        }
        return .more
    }

    /// Reads a line without its CR LF; nil when it is not complete.
    private func takeLine(
        _ input: inout ByteBuffer, longest: Int
    ) throws(Refusal) -> ByteBuffer? {
        let view = input.readableBytesView
        guard let lineFeed = view.firstIndex(of: ByteClasses.lineFeed) else {
            guard view.count <= longest else { throw Self.misplaced }
            return nil
        }
        let length = lineFeed - view.startIndex
        guard length > 0, length <= longest, view[lineFeed - 1] == ByteClasses.carriageReturn,
            let line = input.readSlice(length: length - 1)
        else { throw Self.misplaced }
        input.moveReaderIndex(forwardBy: 2)
        return line
    }

    private mutating func parseSize(_ line: ByteBuffer) throws(Refusal) -> Int {
        var size = 0
        var digits = 0
        for byte in line.readableBytesView {
            guard let digit = Self.hexadecimal(byte) else {
                guard byte == UInt8(ascii: ";"), digits > 0 else { throw Self.badSize(line) }
                break
            }
            digits += 1
            guard digits <= 15 else { throw Self.badSize(line) }
            size = size << 4 | digit
        }
        guard digits > 0, ByteBuffer.isVisible(line) else { throw Self.badSize(line) }
        extensionBytes += line.readableBytes - digits
        guard extensionBytes <= limits.headerBytes else {
            throw .bad("the body's chunk extensions are longer than \(limits.headerBytes) bytes")
        }
        return size
    }

    private static func hexadecimal(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte - 0x30)
        case 0x41...0x46: Int(byte - 0x41 + 10)
        case 0x61...0x66: Int(byte - 0x61 + 10)
        default: nil
        }
    }

    private func checkTrailer(_ line: ByteBuffer) throws(Refusal) {
        let problem = line.withUnsafeReadableBytes { bytes -> Refusal? in
            do throws(Refusal) {
                _ = try HeadParser.split(bytes)
                return nil
            } catch {
                return error
            }
        }
        if let problem { throw problem }
    }

    private static let misplaced = Refusal.bad(
        "the chunked body is malformed: a size line, a chunk's end or a trailer is not where it "
            + "must be, or is too long")

    private static func badSize(_ line: ByteBuffer) -> Refusal {
        let text = line.withUnsafeReadableBytes { ByteClasses.quoted($0) }
        return .bad("chunk size '\(text)' is not a hexadecimal number of at most 15 digits")
    }
}

extension ByteBuffer {
    fileprivate static func isVisible(_ line: ByteBuffer) -> Bool {
        line.withUnsafeReadableBytes { ByteClasses.isFieldValue($0) }
    }
}
