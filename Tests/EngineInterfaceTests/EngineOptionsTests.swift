import EngineInterface
import ServingCore
import Testing

@Suite struct EngineOptionsTests {
    private let options = EngineOptions([
        "threads": .integer(4), "arena": .boolean(true), "level": .text("all"),
        "config": .mapping(["a": "1"]),
    ])

    @Test func givesValuesOfTheRightKind() throws {
        #expect(try options.integer("threads", in: 1...8) == 4)
        #expect(try options.boolean("arena") == true)
        #expect(try options.text("level") == "all")
        #expect(try options.choice("level", of: ["off", "all"]) == "all")
        #expect(try options.mapping("config") == ["a": "1"])
    }

    @Test func givesNothingForWhatIsAbsent() throws {
        #expect(try options.integer("other", in: 1...8) == nil)
        #expect(try options.boolean("other") == nil)
        #expect(try options.text("other") == nil)
        #expect(try options.choice("other", of: ["x"]) == nil)
        #expect(try options.mapping("other").isEmpty)
    }

    @Test func namesTheOptionTheValueAndWhatIsExpected() {
        let failures: [(String, () throws -> Void)] = [
            (
                "option 'threads' is 4; it must be an integer from 5 to 8",
                {
                    _ = try options.integer("threads", in: 5...8)
                }
            ),
            ("option 'arena' is true; it must be text", { _ = try options.text("arena") }),
            (
                "option 'level' is 'all'; it must be true or false",
                {
                    _ = try options.boolean("level")
                }
            ),
            (
                "option 'level' is 'all'; it must be one of on, off",
                {
                    _ = try options.choice("level", of: ["on", "off"])
                }
            ),
            (
                "option 'threads' is 4; it must be a mapping of names to text",
                {
                    _ = try options.mapping("threads")
                }
            ),
        ]
        for (message, body) in failures {
            let error = #expect(throws: ServingError.self) { try body() }
            #expect(error?.code == .configurationInvalid)
            #expect(error?.message == message)
        }
    }

    @Test func refusesUnknownOptionsWithTheNearestName() throws {
        try options.requireKnown(["threads", "arena", "level", "config"], engine: "e")
        let error = #expect(throws: ServingError.self) {
            try options.requireKnown(["thread", "arena", "level", "config"], engine: "e")
        }
        #expect(error?.code == .configurationInvalid)
        #expect(error?.message.contains("'threads'; did you mean 'thread'?") == true)
    }
}
