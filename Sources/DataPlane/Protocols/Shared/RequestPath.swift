import ServingCore

/// The path of a request target, cut into its segments without copying them.
///
/// The bytes belong to the target and are lent only for the duration of `withPath`.
struct RequestPath {
    /// More segments than any route of ours has; a path with more matches nothing.
    static let segmentsMaximum = 12

    /// The path as it came: still percent-encoded, without the query.
    let bytes: UnsafeBufferPointer<UInt8>

    /// Lends the path of a target: what stands before `?`, and after the authority of an absolute
    /// target (`http://host/v1/...`, which RFC 9112 section 3.2.2 tells servers to accept).
    static func withPath<Result, Failure: Error>(
        of target: String, _ body: (RequestPath) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var target = target
        let result: Swift.Result<Result, Failure> = target.withUTF8 { utf8 in
            do throws(Failure) {
                return .success(try body(RequestPath(bytes: path(in: utf8))))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func path(in target: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        let end = target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        let target = UnsafeBufferPointer(rebasing: target[..<end])
        guard let first = target.first, first != UInt8(ascii: "/") else { return target }
        // An absolute target: the path begins at the third slash.
        var slashes = 0
        for (index, byte) in target.enumerated() where byte == UInt8(ascii: "/") {
            slashes += 1
            if slashes == 3 { return UnsafeBufferPointer(rebasing: target[index...]) }
        }
        return target
    }

    /// The path as text, for messages; bytes that are no UTF-8 are replaced.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// What stands between the slashes, from the given segment on: `/v1/models/m` has three.
    ///
    /// Nil when the path does not start with a slash or has too many segments.
    var segments: [PathSegment]? {
        guard bytes.first == UInt8(ascii: "/") else { return nil }
        var segments: [PathSegment] = []
        segments.reserveCapacity(8)
        var start = 1
        for index in 1...bytes.count {
            guard index == bytes.count || bytes[index] == UInt8(ascii: "/") else { continue }
            guard segments.count < Self.segmentsMaximum else { return nil }
            segments.append(PathSegment(bytes: UnsafeBufferPointer(rebasing: bytes[start..<index])))
            start = index + 1
        }
        return segments
    }
}

/// One part of a path, between two slashes; borrowed from the target.
struct PathSegment {
    /// The bytes as they came, percent-encoded.
    let bytes: UnsafeBufferPointer<UInt8>

    /// Whether the segment is exactly that word.
    func matches(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { $0.elementsEqual(bytes) }
    }

    /// Whether the segment is that word, upper and lower case alike; `word` is in lower case.
    func matchesIgnoringCase(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { wanted in
            wanted.count == bytes.count
                && zip(wanted, bytes).allSatisfy { $0 == $1 || Self.lowercased($1) == $0 }
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }

    /// Whether the segment is one decimal digit or more.
    var isDigits: Bool { !bytes.isEmpty && bytes.allSatisfy { (0x30...0x39).contains($0) } }

    /// The bytes as text, not decoded.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The text after percent-decoding; a `%` without two hexadecimal digits stands for itself, as
    /// in curl, whose decoder TensorFlow Serving uses. Bytes that are no UTF-8 are replaced.
    var decodedText: String {
        guard bytes.contains(UInt8(ascii: "%")) else { return text }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = Self.hexDigit(bytes[index + 1]),
                let low = Self.hexDigit(bytes[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    /// The parts before and after the first colon; nil when there is none.
    var splitAtColon: (before: PathSegment, after: PathSegment)? {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return (
            PathSegment(bytes: UnsafeBufferPointer(rebasing: bytes[..<colon])),
            PathSegment(bytes: UnsafeBufferPointer(rebasing: bytes[(colon + 1)...]))
        )
    }
}
