import ServingCore

/// Where a server is: `http://host:8501`, `https://host/prefix` or `unix:/run/slipway.sock`.
struct ServerURL: Hashable, Sendable {
    enum Place: Hashable, Sendable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    let place: Place
    let isTLS: Bool
    /// What stands before every path, without a slash at its end.
    let prefix: String
    /// The value of the `host` field.
    let host: String

    /// Reads a URL.
    ///
    /// - Throws: `invalid_request` that shows the forms.
    init(_ text: String) throws(ServingError) {
        if text.hasPrefix("unix:") {
            var path = text.dropFirst(5)
            while path.hasPrefix("//") { path = path.dropFirst() }
            guard path.hasPrefix("/") else { throw Self.malformed(text) }
            place = .unix(path: String(path))
            (isTLS, prefix, host) = (false, "", "localhost")
            return
        }
        let lowered = text.prefix(8).lowercased()
        isTLS = lowered.hasPrefix("https://")
        guard isTLS || lowered.hasPrefix("http://") else { throw Self.malformed(text) }
        let rest = text.dropFirst(isTLS ? 8 : 7)
        let authority = rest.prefix { $0 != "/" }
        var path = rest.dropFirst(authority.count)
        while path.hasSuffix("/") { path = path.dropLast() }
        guard !rest.contains(where: { " ?#@".contains($0) || !$0.isASCII || $0 < " " }),
            let (name, port) = Self.split(authority)
        else { throw Self.malformed(text) }
        place = .tcp(host: name, port: port ?? (isTLS ? 443 : 80))
        prefix = String(path)
        host = String(authority)
    }

    /// Splits `host:port` or `[v6]:port`.
    private static func split(_ authority: Substring) -> (String, Int?)? {
        var name = authority
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            name = authority[authority.index(after: authority.startIndex)..<end]
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { return nil }
            port = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            name = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !name.isEmpty else { return nil }
        guard let port else { return (String(name), nil) }
        guard let number = Int(port), (1...65535).contains(number) else { return nil }
        return (String(name), number)
    }

    private static func malformed(_ text: String) -> ServingError {
        ServingError(
            .invalidRequest,
            "'\(text.clipped())' is not a server's address; write http://host:8501, https://host "
                + "or unix:/path/to/socket")
    }
}
