import Testing

@testable import Slipway

/// Reads each file in `Configurations`: good ones have no error; bad ones have exactly the problems
/// in their first lines, `# expect: 3:5: unknown key …`.
struct ConfigurationCorpusTests {
    static let files = TestFiles.names(in: "Configurations")

    @Test(arguments: files.filter { $0.hasSuffix(".good.yaml") })
    func acceptsTheGood(_ file: String) throws {
        let reading = try Self.reading(file)
        #expect(reading.problems.filter { $0.severity == .error } == [])
        let configuration = try reading.get()
        // What `slipway config` prints must mean the same when it is read.
        let again = Configuration.reading(
            Array(configuration.yaml.utf8), baseDirectory: "/elsewhere")
        #expect(try again.get() == configuration, "\(configuration.yaml)")
    }

    @Test(arguments: files.filter { $0.hasSuffix(".bad.yaml") })
    func refusesTheBad(_ file: String) throws {
        let expected = try TestFiles.text("Configurations/" + file).split(separator: "\n")
            .filter { $0.hasPrefix("# expect: ") }.map { String($0.dropFirst(10)) }
        let reading = try Self.reading(file)
        #expect(reading.configuration == nil)
        #expect(!expected.isEmpty)
        let lines = reading.problems.map { problem in
            String(problem.line(file: "file").dropFirst(5)).drop { $0 == " " }
        }
        #expect(lines.map(String.init) == expected)
    }

    @Test func theCorpusIsThere() {
        #expect(Self.files.count > 30)
    }

    private static func reading(_ file: String) throws -> ConfigurationReading {
        Configuration.reading(
            try TestFiles.bytes("Configurations/" + file), file: file, baseDirectory: "/srv",
            engines: ["onnxruntime", "builtin"])
    }
}

/// Files that are too large or too deep for a corpus.
struct ConfigurationBoundsTests {
    @Test(arguments: [
        String(repeating: "[", count: 1_000_000), String(repeating: "{a: ", count: 200_000),
        "a:\n  " + String(repeating: "- ", count: 200_000) + "b",
        String(repeating: "? ", count: 100_000), String(repeating: "&a ", count: 100_000),
        String(repeating: "- *a\n", count: 100_000), String(repeating: "'", count: 99_999),
        "models:\n" + String(repeating: "  - {}\n", count: 100_000),
        "a: " + String(repeating: "x", count: 5 << 20),
        String(repeating: "\u{FEFF}", count: 1000), "\u{0}", "a: |\n  \u{7F}\u{85}",
        "%YAML 3.0\n---\n",
        "models: []\n...\n}", "!<", "--- !", "? ? ?", "a: b: c", "\"\\x", "- - - *",
    ])
    func survivesHostileText(_ text: String) {
        let reading = Configuration.reading(Array(text.utf8), baseDirectory: "/srv")
        #expect(reading.configuration == nil)
        #expect((1...101).contains(reading.problems.count))
        #expect(reading.lines.allSatisfy { $0.utf8.count < 1000 })
    }
}
