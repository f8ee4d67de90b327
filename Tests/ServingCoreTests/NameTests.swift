import ServingCore
import Testing

@Test(arguments: ["digits", "a", "wine-2.1_x", "模型", String(repeating: "n", count: 255)])
func goodNamesAreKeptAsTheyAre(_ text: String) throws {
    #expect(try ModelName(text).text == text)
    #expect(try VersionLabel(text).text == text)
}

@Test(arguments: ["", "a/b", "a:b", "line\nbreak", "nul\0", String(repeating: "n", count: 256)])
func badNamesAreRefused(_ text: String) {
    #expect { try ModelName(text) } throws: { ($0 as? ServingError)?.code == .invalidName }
    #expect { try VersionLabel(text) } throws: { ($0 as? ServingError)?.code == .invalidName }
}

@Test(arguments: [("1", 1), ("00000123", 123), ("0", 0), ("9223372036854775807", Int64.max)])
func directoryNamesOfDigitsAreVersions(_ text: String, _ number: Int64) {
    #expect(ModelVersion(directoryName: text)?.number == number)
}

@Test(arguments: ["", "-1", "+1", "1.0", "v1", " 1", "1 ", "٣", "9223372036854775808", "1.tmp"])
func otherDirectoryNamesAreNoVersions(_ text: String) {
    #expect(ModelVersion(directoryName: text) == nil)
}

@Test func selectorsAreSpeltAsTensorFlowServingSpellsThem() throws {
    let name = try ModelName("half")
    #expect("\(ModelSelector(name))" == "Latest(half)")
    #expect("\(ModelSelector(name, .version(ModelVersion(5))))" == "Specific(half, 5)")
}

@Test func errorCodesAreUniqueLowerCaseWords() {
    let texts = ErrorCode.allCodes.map(\.description)
    #expect(Set(texts).count == texts.count)
    for text in texts {
        #expect(text.utf8.allSatisfy { $0 == 0x5F || (0x61...0x7A).contains($0) })
    }
}

@Test(
    arguments: [
        ("verions", "versions"), ("Modles", "models"), ("nam", "name"), ("versions", "versions"),
    ])
func mistypedNamesFindTheirNeighbour(_ typed: String, _ meant: String) {
    let known = ["name", "models", "versions", "labels"]
    #expect(NearestName.suggestion(for: typed, among: known) == meant)
}

@Test func farNamesFindNone() {
    #expect(NearestName.suggestion(for: "queue", among: ["models", "listen"]) == nil)
    #expect(NearestName.hint(for: "queue", among: ["models"]).isEmpty)
    let long = String(repeating: "x", count: 100_000)
    #expect(NearestName.suggestion(for: long, among: [long]) == nil)
}

@Test func clippingKeepsWholeCharactersAndMarksTheCut() {
    #expect("short".clipped(to: 5) == "short")
    #expect("shorter".clipped(to: 5) == "short…")
    #expect("aé".clipped(to: 2) == "a…")
}
