import NIOHTTP1

extension HeadParser {
    /// Splits a field line, and notes what it means to the listener.
    func parseField(
        _ line: UnsafeRawBufferPointer, minorVersion: Int, _ meaning: inout FieldMeaning
    ) throws(Refusal) -> (String, String) {
        let (name, value) = try Self.split(line)
        try note(name, value, minorVersion: minorVersion, &meaning)
        return (String(decoding: name, as: UTF8.self), Self.text(value))
    }

    /// Splits `name: value` and trims the value; used for trailers as well.
    static func split(
        _ line: UnsafeRawBufferPointer
    ) throws(Refusal) -> (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        if line.first == ByteClasses.space || line.first == ByteClasses.tab {
            throw .bad("a header line starts with a space: folded fields are not accepted")
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            throw .bad("the header line '\(ByteClasses.quoted(line))' has no colon")
        }
        let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
        guard ByteClasses.isToken(name) else {
            throw .bad(
                "'\(ByteClasses.quoted(name))' is not a field name: letters, digits and hyphens, "
                    + "and no space before the colon")
        }
        let value = ByteClasses.trimmed(.init(rebasing: line[(colon + 1)...]))
        guard ByteClasses.isFieldValue(value) else {
            throw .bad("field '\(ByteClasses.quoted(name))' has control characters in its value")
        }
        return (name, value)
    }

    /// The commonest value is one byte too long to be stored without an allocation.
    private static func text(_ value: UnsafeRawBufferPointer) -> String {
        value.count == 16 && value.elementsEqual("application/json".utf8)
            ? "application/json" : String(decoding: value, as: UTF8.self)
    }

    private func note(
        _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, minorVersion: Int,
        _ meaning: inout FieldMeaning
    ) throws(Refusal) {
        switch name.count {
        case 4 where ByteClasses.matches(name, "host"): meaning.hosts += 1
        case 6 where ByteClasses.matches(name, "expect"):
            try noteExpect(value, minorVersion: minorVersion, &meaning)
        case 10 where ByteClasses.matches(name, "connection"):
            for token in value.split(separator: UInt8(ascii: ",")) {
                let token = ByteClasses.trimmed(.init(rebasing: token))
                if ByteClasses.matches(token, "close") { meaning.saysClose = true }
                if ByteClasses.matches(token, "keep-alive") { meaning.saysKeepAlive = true }
            }
        case 14 where ByteClasses.matches(name, "content-length"): try noteLength(value, &meaning)
        case 15 where ByteClasses.matches(name, "accept-encoding"):
            let text = String(decoding: value, as: UTF8.self)
            meaning.acceptEncoding = meaning.acceptEncoding.map { $0 + "," + text } ?? text
        case 16 where ByteClasses.matches(name, "content-encoding"): try noteCoding(value, &meaning)
        case 17 where ByteClasses.matches(name, "transfer-encoding"):
            try noteTransfer(value, minorVersion: minorVersion, &meaning)
        default: break
        }
    }

    private func noteExpect(
        _ value: UnsafeRawBufferPointer, minorVersion: Int, _ meaning: inout FieldMeaning
    ) throws(Refusal) {
        guard ByteClasses.matches(value, "100-continue") else {
            throw Refusal(
                .expectationFailed,
                "expectation '\(ByteClasses.quoted(value))' is not known; only 100-continue is")
        }
        meaning.expectsContinue = minorVersion > 0
    }

    private func noteLength(
        _ value: UnsafeRawBufferPointer, _ meaning: inout FieldMeaning
    ) throws(Refusal) {
        guard meaning.framing == .none else {
            throw .bad(
                "the request says twice how long its body is; send one content-length, or "
                    + "transfer-encoding: chunked")
        }
        guard !value.isEmpty, value.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            throw .bad("content-length '\(ByteClasses.quoted(value))' is not a number of bytes")
        }
        guard let length = Int(String(decoding: value, as: UTF8.self)), length <= limits.bodyBytes
        else {
            throw Refusal(
                .payloadTooLarge,
                "the body has \(ByteClasses.quoted(value)) bytes, the limit is "
                    + "\(limits.bodyBytes); send smaller batches")
        }
        meaning.framing = .length(length)
    }

    private func noteTransfer(
        _ value: UnsafeRawBufferPointer, minorVersion: Int, _ meaning: inout FieldMeaning
    ) throws(Refusal) {
        guard meaning.framing == .none, minorVersion > 0 else {
            throw .bad(
                "transfer-encoding must come once, without content-length, and in HTTP/1.1")
        }
        if ByteClasses.matches(value, "chunked") {
            meaning.framing = .chunked
            return
        }
        let last = value.split(separator: UInt8(ascii: ",")).last ?? value[0..<0]
        let isChunkedLast = ByteClasses.matches(
            ByteClasses.trimmed(.init(rebasing: last)), "chunked")
        throw Refusal(
            isChunkedLast ? .notImplemented : .badRequest,
            "transfer-encoding '\(ByteClasses.quoted(value))' is not offered, only chunked; "
                + "compress with content-encoding: gzip")
    }

    private func noteCoding(
        _ value: UnsafeRawBufferPointer, _ meaning: inout FieldMeaning
    ) throws(Refusal) {
        let coding: ContentCoding? =
            if ByteClasses.matches(value, "gzip") || ByteClasses.matches(value, "x-gzip") {
                .gzip
            } else if ByteClasses.matches(value, "deflate") {
                .deflate
            } else if ByteClasses.matches(value, "identity") || value.isEmpty {
                .identity
            } else {
                nil
            }
        guard let coding, meaning.coding == .identity else {
            throw Refusal(
                .unsupportedMediaType,
                "content-encoding '\(ByteClasses.quoted(value))' is not read here; send one of "
                    + "gzip, deflate, identity",
                headers: ["accept-encoding": "gzip, deflate, identity"])
        }
        meaning.coding = coding
    }

    /// Rules over several fields.
    func checkTogether(_ head: RequestHead) throws(Refusal) {
        guard head.meaning.hosts == 1 || (head.minorVersion == 0 && head.meaning.hosts == 0) else {
            throw .bad(
                "the request has \(head.meaning.hosts) host fields; HTTP/1.1 needs exactly one")
        }
    }
}
