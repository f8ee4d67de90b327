import Testing
import Wire

@testable import Slipway

private func reading(_ text: String) -> ConfigurationReading {
    Configuration.reading(Array(text.utf8), file: "a.yaml", baseDirectory: "/tmp")
}

@Test func approvesAValidConfiguration() {
    let report = CheckReport([reading("models:\n  - { name: digits, source: ./digits }\n")])
    #expect(report.isValid)
    #expect(report.text == "a.yaml: valid, 1 model\n")
}

@Test func listsEveryProblemWithItsPlace() throws {
    let bad = reading("modles: []\nlisten:\n  rest: -1\n")
    let report = CheckReport([reading("models: []\n"), bad])
    #expect(!report.isValid)
    // A warning does not make a file invalid.
    #expect(report.text.contains(": warning: no models are configured"))
    #expect(report.text.contains("\na.yaml: valid, 0 models\na.yaml:1:1: "))
    #expect(report.text.hasSuffix("\na.yaml: invalid\n"))
    let files = try #require(report.json.list("files"))
    #expect(files.map { $0.member("valid") } == [.boolean(true), .boolean(false)])
    let first = try #require(files[1].list("problems")?.first)
    #expect(first.member("line") == .integer(1))
    #expect(first.text("severity") == "error")
    #expect(first.text("message")?.contains("modles") == true)
}

@Test func choosesTheFileThenTheModelsThenTheUsualFile() {
    func choose(_ file: String?, _ models: [String], exists: Bool) -> String {
        switch ServeCommand.Source.choose(file: file, models: models, exists: { _ in exists }) {
        case .file(let path)?: "file \(path)"
        case .arguments(let models)?: "models \(models)"
        case .tensorFlowServing?: "flags"
        case nil: "nothing"
        }
    }
    #expect(choose("x.yaml", [], exists: true) == "file x.yaml")
    #expect(choose(nil, ["a=./a"], exists: true) == "models [\"a=./a\"]")
    #expect(choose(nil, [], exists: true) == "file slipway.yaml")
    #expect(choose(nil, [], exists: false) == "nothing")
}

@Test func triesOnlyPortsThatAreGiven() {
    var listen = ListenSettings()
    listen.adminPort = nil
    #expect(DoctorScope(listen).ports.map(\.key) == ["listen.rest", "listen.grpc"])
    listen.restPort = 0
    listen.grpc = .same
    #expect(DoctorScope(listen).ports.isEmpty)
}
