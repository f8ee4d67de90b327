import ServingCore
import Testing

@testable import SlipwayClient

@Suite struct ServerURLTests {
    @Test(arguments: [
        ("http://127.0.0.1:8501", "127.0.0.1", 8501, false, ""),
        ("HTTP://h", "h", 80, false, ""), ("https://h/a/b/", "h", 443, true, "/a/b"),
        ("http://[::1]:9/", "::1", 9, false, ""),
    ]) func reads(
        _ text: String, _ host: String, _ port: Int, _ isTLS: Bool, _ prefix: String
    ) throws {
        let url = try ServerURL(text)
        #expect(url.place == .tcp(host: host, port: port))
        #expect(url.isTLS == isTLS)
        #expect(url.prefix == prefix)
    }

    @Test(arguments: ["unix:/run/s", "unix:///run/s"]) func readsSocketPaths(_ text: String) throws
    {
        #expect(try ServerURL(text).place == .unix(path: "/run/s"))
    }

    @Test(arguments: [
        "", "h:80", "ftp://h", "http://", "http://h:0", "http://h:65536", "http://h:x",
        "http://h:", "http://[::1", "http://[::1]x", "http://h?x", "http://u@h", "http://h\r\nx",
        "unix:", "unix:relative",
    ]) func refusesWhatIsNoServer(_ text: String) {
        #expect(throws: ServingError.self) { try ServerURL(text) }
    }

    @Test func encodesNamesInPaths() {
        #expect(
            SlipwayClient.modelPath("/v2", "a/b \u{e9}", "1")
                == "/v2/models/a%2Fb%20%C3%A9/versions/1")
    }
}
