import NIOHTTP1

/// Reads a complete head, strictly after RFC 9112: what two servers could understand differently is
/// refused, so that nothing can be smuggled past a proxy in front.
struct HeadParser {
    let limits: ListenerLimits

    /// - Parameter bytes: Everything up to and with the empty line; every line ends in CR LF.
    func parse(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> RequestHead {
        var lines = HeadLines(bytes)
        guard let requestLine = lines.next() else { throw .bad("the request is empty") }
        var head = try parseRequestLine(requestLine)
        var fields: [(String, String)] = []
        fields.reserveCapacity(8)
        while let line = lines.next(), !line.isEmpty {
            fields.append(try parseField(line, minorVersion: head.minorVersion, &head.meaning))
        }
        head.headers = HTTPHeaders(fields)
        try checkTogether(head)
        return head
    }

    private func parseRequestLine(_ line: UnsafeRawBufferPointer) throws(Refusal) -> RequestHead {
        let method = line.prefix { $0 != ByteClasses.space }
        let target = line[method.endIndex...].dropFirst().prefix { $0 != ByteClasses.space }
        let version = line[target.endIndex...].dropFirst()
        let name = UnsafeRawBufferPointer(rebasing: method)
        guard ByteClasses.isToken(name), name.count <= 32 else {
            throw .bad("'\(ByteClasses.quoted(name))' is not an HTTP method")
        }
        let minorVersion = try parseVersion(UnsafeRawBufferPointer(rebasing: version))
        return RequestHead(
            method: Self.method(name),
            target: try parseTarget(UnsafeRawBufferPointer(rebasing: target), of: name),
            headers: HTTPHeaders(), minorVersion: minorVersion)
    }

    private func parseVersion(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> Int {
        guard bytes.count == 8, bytes.starts(with: "HTTP/".utf8), bytes[6] == UInt8(ascii: "."),
            isDigit(bytes[5]), isDigit(bytes[7])
        else {
            throw .bad(
                "the request line must be 'METHOD target HTTP/1.1', with single spaces; it ends in "
                    + "'\(ByteClasses.quoted(bytes))'")
        }
        guard bytes[5] == UInt8(ascii: "1") else {
            throw Refusal(
                .httpVersionNotSupported,
                "\(ByteClasses.quoted(bytes)) is not spoken on this port; use HTTP/1.1")
        }
        return bytes[7] == UInt8(ascii: "0") ? 0 : 1
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private func parseTarget(
        _ target: UnsafeRawBufferPointer, of method: UnsafeRawBufferPointer
    ) throws(Refusal) -> String {
        guard target.count <= limits.targetBytes else {
            throw Refusal(
                .uriTooLong,
                "the request's target has \(target.count) bytes, the limit is "
                    + "\(limits.targetBytes); send a shorter path and query")
        }
        guard ByteClasses.isTarget(target) else {
            throw .bad(
                "the target '\(ByteClasses.quoted(target))' is empty or has bytes that must be "
                    + "percent-encoded")
        }
        if target[0] == UInt8(ascii: "/") { return String(decoding: target, as: UTF8.self) }
        if target.count == 1, target[0] == UInt8(ascii: "*"),
            ByteClasses.matches(method, "options")
        {
            return "*"
        }
        if ByteClasses.matches(method, "connect") {
            throw Refusal(.notImplemented, "CONNECT is not offered: this server is not a proxy")
        }
        return try originForm(target)
    }

    /// The path and query of an absolute target, `http://host/path?query`.
    private func originForm(_ target: UnsafeRawBufferPointer) throws(Refusal) -> String {
        let afterScheme: Int? =
            if ByteClasses.matches(.init(rebasing: target.prefix(7)), "http://") {
                7
            } else if ByteClasses.matches(.init(rebasing: target.prefix(8)), "https://") {
                8
            } else {
                nil
            }
        guard let afterScheme else {
            throw .bad("the target '\(ByteClasses.quoted(target))' must start with '/'")
        }
        let delimiters: [UInt8] = [UInt8(ascii: "/"), UInt8(ascii: "?")]
        let path = target[afterScheme...].drop { !delimiters.contains($0) }
        let text = String(decoding: path, as: UTF8.self)
        return path.first == UInt8(ascii: "/") ? text : "/" + text
    }

    private static func method(_ name: UnsafeRawBufferPointer) -> HTTPMethod {
        if name.elementsEqual("POST".utf8) { return .POST }
        if name.elementsEqual("GET".utf8) { return .GET }
        return HTTPMethod(rawValue: String(decoding: name, as: UTF8.self))
    }
}

/// Iterates over lines without their CR LF.
private struct HeadLines {
    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        rest = bytes
    }

    mutating func next() -> UnsafeRawBufferPointer? {
        guard let lineFeed = rest.firstIndex(of: ByteClasses.lineFeed), lineFeed > 0 else {
            return nil
        }
        let line = UnsafeRawBufferPointer(rebasing: rest[..<(lineFeed - 1)])
        rest = UnsafeRawBufferPointer(rebasing: rest[(lineFeed + 1)...])
        return line
    }
}
