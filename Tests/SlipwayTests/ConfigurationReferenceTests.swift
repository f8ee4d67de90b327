import Glibc
import Models
import ServingCore
import Testing

@testable import Slipway

struct ConfigurationReferenceTests {
    static let page = TestFiles.directory + "/../../docs/configuration.md"

    @Test func thePageInDocsIsTheOneThatTheSchemaMakes() throws {
        let text = ConfigurationReference.markdown
        if getenv("UPDATE_DOCS") != nil { try TestFiles.write(Array(text.utf8), to: Self.page) }
        let found = try TestFiles.text("../../docs/configuration.md")
        #expect(
            found == text,
            "run: UPDATE_DOCS=1 swift test --filter ConfigurationReferenceTests")
    }

    @Test func theExampleOfThePageIsValid() throws {
        let reading = Configuration.reading(
            Array(ConfigurationReference.example.utf8), baseDirectory: "/srv",
            engines: ["onnxruntime"])
        #expect(reading.lines == [])
        #expect(try reading.get().models.models.map(\.name.text) == ["digits", "prices"])
    }

    @Test func everyKeyHasAMeaningAndIsDescribedOnce() {
        let keys = ConfigurationReference.keys
        #expect(Set(keys.map(\.path)).count == keys.count)
        for key in keys {
            #expect(key.meaning.hasSuffix("."), "\(key.path)")
            #expect(key.isSection || !key.defaultText.isEmpty, "\(key.path) has no default")
        }
    }

    @Test func helpInTheShellNamesKeyDefaultAndMeaning() {
        let text = ConfigurationReference.text(startingWith: "limits.body")
        #expect(text.contains("limits.body  (size, 1 to 4GiB, default 100MiB, on restart)"))
        #expect(text.contains("Largest request body"))
        #expect(!text.contains("limits.connections"))
    }
}
