import Glibc
import NIOHTTP1
import Testing

/// One recorded exchange: a request and the answer it must get, byte for byte.
///
/// The files in `Tests/Fixtures/transcripts/` hold several:
///
///     === what it shows
///     POST /v1/models/half_plus_two:predict
///     name: value
///
///     the request's body
///     --- 200
///     content-type: application/json
///
///     the answer's body
///
/// The line break before `---` and `===` belongs to the mark. Of the answer's headers only those are
/// compared that the file names; `name:` without a value means that it must be absent.
struct Transcript: CustomTestStringConvertible {
    let title: String
    let method: HTTPMethod
    let target: String
    let headers: HTTPHeaders
    let body: String
    let status: Int
    let expectedHeaders: [(name: String, value: String)]
    let expectedBody: String

    var testDescription: String { title }

    /// All exchanges of a file.
    static func load(_ name: String, from path: StaticString = #filePath) -> [Transcript] {
        let tests = "\(path)".split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
        let text = contents(of: tests.joined(separator: "/") + "/Fixtures/transcripts/" + name)
        let parts = ("\n" + (text.hasSuffix("\n") ? String(text.dropLast()) : text)).components(
            separatedBy: "\n=== ")
        return parts.dropFirst().compactMap(Transcript.init(parsing:))
    }

    private init?(parsing text: String) {
        let sides = text.components(separatedBy: "\n--- ")
        guard sides.count == 2 else {
            Issue.record("an exchange has one answer: \(text)")
            return nil
        }
        let (requestHead, requestBody) = Self.split(sides[0])
        let (answerHead, answerBody) = Self.split(sides[1])
        let requestLine = requestHead.dropFirst().first?.split(separator: " ") ?? []
        guard let title = requestHead.first, requestLine.count == 2,
            let status = answerHead.first.flatMap({ Int($0) })
        else {
            Issue.record("an exchange begins with its title, method and target: \(text)")
            return nil
        }
        self.title = title
        self.status = status
        method = HTTPMethod(rawValue: String(requestLine[0]))
        target = String(requestLine[1])
        headers = HTTPHeaders(Self.fields(requestHead.dropFirst(2)))
        expectedHeaders = Self.fields(answerHead.dropFirst())
        body = requestBody
        expectedBody = answerBody
    }

    /// The lines before the first empty one, and the text behind it.
    private static func split(_ text: String) -> (head: [String], body: String) {
        let parts = text.components(separatedBy: "\n\n")
        return (
            parts[0].components(separatedBy: "\n"), parts.dropFirst().joined(separator: "\n\n")
        )
    }

    private static func fields(_ lines: some Sequence<String>) -> [(name: String, value: String)] {
        lines.filter { !$0.isEmpty }.map { line in
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            return (parts[0], (parts.count > 1 ? parts[1] : "").trimmed)
        }
    }

    private static func contents(of path: String) -> String {
        guard let file = fopen(path, "r") else {
            Issue.record("cannot open \(path)")
            return ""
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension String {
    fileprivate func components(separatedBy mark: String) -> [String] {
        var parts: [String] = []
        var rest = Substring(self)
        while let range = rest.firstRange(of: mark) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }

    fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
