import EngineInterface
import ServingCore
import Testing
import Wire

@testable import Slipway

@Test func alignsColumnsAndLeavesNoSpacesAtTheEnd() {
    var table = TextTable(["MODEL", "STATE", "REASON"])
    table.add(["digits", "AVAILABLE", ""])
    table.add(["é", "END", "bad\nfile\u{1B}[2J"])
    table.add(["x"])
    #expect(
        table.text == """
            MODEL   STATE      REASON
            digits  AVAILABLE
            é       END        bad file [2J
            x

            """)
}

private let document = """
    {"models":[{"name":"digits","ready":true,"reason":"","versions":[
    {"version":2,"state":"AVAILABLE","reason":"","labels":["canary","stable"]},
    {"version":1,"state":"END","reason":"gave up","labels":[],
    "error":{"code":"model_invalid","message":"not an ONNX file"}}]},
    {"name":"empty","ready":false,"reason":"the directory has no versions","versions":[]}]}
    """

@Test func showsWhatAServerServesAsATable() throws {
    let report = try ModelsReport(document)
    #expect(!report.isReady)
    #expect(
        report.text == """
            MODEL   VERSION  STATE         LABELS         REASON
            digits  2        AVAILABLE     canary,stable
            digits  1        END (failed)  -              gave up: not an ONNX file
            empty   -        -             -              the directory has no versions

            """)
}

@Test func showsWhatIsWrongWithAModelThatAnswersAndHidesWhatWasUnloaded() throws {
    let document = """
        {"models":[{"name":"m","ready":false,"reason":"odd","remark":"odd",
        "unreadiness":["label x of model m points at version 3, which does not exist"],"versions":[
        {"version":2,"state":"AVAILABLE","reason":"","labels":[]},
        {"version":1,"state":"END","reason":"version 2 took its place","labels":[]}]}]}
        """
    let report = try ModelsReport(document)
    #expect(!report.isReady)
    #expect(
        report.rows.map(\.reason)
            == ["", "label x of model m points at version 3, which does not exist", "odd"])
    #expect(report.text.hasSuffix("\n\n1 unloaded version is not shown; --all shows it.\n"))
    #expect(report.json.list("models")?.first?.list("versions")?.count == 2)
    let all = try ModelsReport(document, showsAll: true)
    #expect(all.rows.map(\.version) == ["2", "1", "-", "-"])
    #expect(!all.text.contains("--all"))
}

@Test func showsOneModelOnly() throws {
    let report = try ModelsReport(document, model: "digits")
    #expect(report.isReady)
    #expect(report.rows.map(\.version) == ["2", "1"])
    #expect(report.json.list("models")?.count == 1)
    let error = #expect(throws: ServingError.self) {
        try ModelsReport(document, model: "digit")
    }
    #expect(error?.code == .modelNotFound)
    #expect(error?.message.contains("did you mean 'digits'?") == true)
}

@Test(arguments: [
    "", "[]", "{}", "{\"models\":3}", "<html>", "{\"models\":[{}]}",
    "{\"models\":[{\"name\":\"a\",\"versions\":[{\"version\":\"x\",\"state\":\"END\"}]}]}",
])
func refusesTheAnswerOfAForeignServer(text: String) {
    let error = #expect(throws: ServingError.self) { try ModelsReport(text) }
    #expect(error?.code == .invalidRequest)
}

@Test func saysWhenNothingIsServed() throws {
    #expect(try ModelsReport("{\"models\":[]}").text == "The server serves no models.\n")
}

private struct FakeEngine: Engine {
    let name: String
    let looksFor = "nothing"
    let optionReference: [EngineOptionDescription] = []

    func check(_ options: EngineOptions) throws(ServingError) {}

    let answer: EngineAvailability

    func recognise(_ files: ModelFiles) -> Recognition? { nil }
    func estimate(_ source: ModelSource) throws(ServingError) -> ResourceEstimate {
        ResourceEstimate(memoryBytes: 0)
    }
    func load(_ source: ModelSource, _ environment: EngineEnvironment) throws(ServingError)
        -> any LoadedModel
    {
        throw ServingError(.unsupported, "a fake loads nothing")
    }
    func availability(_ environment: EngineEnvironment) -> EngineAvailability { answer }
}

private let builtin = FakeEngine(
    name: "builtin", answer: .available(version: "1", path: nil))
private let missing = FakeEngine(
    name: "onnxruntime",
    answer: .missing(
        ServingError(.libraryMissing, "libonnxruntime.so was not found; run scripts/fetch-deps")))
private let environment = EngineEnvironment(budget: CPUBudget(processors: 2))

@Test func listsEnginesAndHowToGetThem() throws {
    let report = EnginesReport([missing, builtin], environment)
    #expect(
        report.text == """
            ENGINE       STATUS     VERSION  WANTED  SIZE  ISOLATION   LIBRARY
            builtin      available  1        -       -     in_process  -
            onnxruntime  missing    -        1.31.1  -     in_process  -

            onnxruntime: libonnxruntime.so was not found; run scripts/fetch-deps

            ENGINE       TAKES
            builtin      nothing
            onnxruntime  nothing

            """)
    #expect(
        try report.json.text(.compact)
            == "{\"engines\":[{\"name\":\"builtin\",\"available\":true,\"version\":\"1\","
            + "\"library\":null,\"engine\":{\"wanted\":null,\"bytes\":null,\"install\":null,"
            + "\"isolation\":\"in_process\",\"files\":\"nothing\"},\"options\":[]},{\"name\":\"onnxruntime\",\"available\":false,\"error\":"
            + "{\"code\":\"library_missing\","
            + "\"message\":\"libonnxruntime.so was not found; run scripts/fetch-deps\"},"
            + "\"engine\":{\"wanted\":\"1.31.1\",\"bytes\":null,"
            + "\"install\":\"slipway engines install onnxruntime\",\"isolation\":\"in_process\","
            + "\"files\":\"nothing\"},\"options\":[]}]}"
    )
}

@Test func everyErrorCodeEndsWithADocumentedStatus() {
    for code in ErrorCode.allCodes {
        let exit = CommandExit(ServingError(code, "x"))
        #expect(exit != .success && exit != .usage, "\(code)")
    }
    #expect(CommandExit(ServingError(.configurationInvalid, "x")).rawValue == 3)
    #expect(CommandExit(ServingError(.addressUnavailable, "x")).rawValue == 4)
    #expect(CommandExit(ServingError(.modelNotFound, "x")).rawValue == 5)
    #expect(CommandExit(ServingError(.internalError, "x")).rawValue == 1)
}

@Test func namesVersionCompilerAndArchitecture() throws {
    let report = VersionReport(version: "1.2.3", swift: "6.3", architecture: "arm64")
    #expect(report.text == "slipway 1.2.3 (Swift 6.3, arm64)\n")
    #expect(
        try report.json.text(.compact)
            == "{\"version\":\"1.2.3\",\"swift\":\"6.3\",\"architecture\":\"arm64\"}")
}

@Test func aHealthyMachineHasNoRemedies() {
    let checks = [
        Doctor.processors(
            ProcessorShare(allowed: 4, quota: 2), budget: CPUBudget(processors: 2)),
        Doctor.memory(MachineMemory(totalBytes: 8 << 30, availableBytes: 4 << 30)),
        Doctor.openFiles(soft: 1_048_576, hard: nil), Doctor.openFiles(soft: nil, hard: nil),
        Doctor.fileWatching(instances: 128, watches: 65_536),
        Doctor.sharedMemory(totalBytes: 1 << 30, freeBytes: 1 << 30),
        Doctor.port(8501, host: "127.0.0.1", key: "listen.rest", reason: nil),
    ]
    for check in checks { #expect(check.status == .ok && check.remedy == nil, "\(check)") }
    #expect(checks[0].finding == "2 to use; 4 in the affinity mask; cgroup quota 2.0")
    #expect(checks[1].finding == "4.0 GiB free of 8.0 GiB")
}

@Test func whateverIsShortComesWithARemedy() {
    let checks = [
        Doctor.processors(
            ProcessorShare(allowed: 4, quota: 0.5), budget: CPUBudget(processors: 1)),
        Doctor.memory(MachineMemory(totalBytes: 8 << 30, availableBytes: 100 << 20)),
        Doctor.memory(
            MachineMemory(availableBytes: 4 << 30, limitBytes: 1 << 30, usedBytes: 900 << 20)),
        Doctor.openFiles(soft: 1_024, hard: 4_096), Doctor.openFiles(soft: 1_024, hard: nil),
        Doctor.fileWatching(instances: 8, watches: 65_536),
        Doctor.fileWatching(instances: nil, watches: nil),
        Doctor.sharedMemory(totalBytes: 64 << 20, freeBytes: 64 << 20),
        Doctor.sharedMemory(totalBytes: nil, freeBytes: nil),
        Doctor.port(8501, host: "::1", key: "listen.rest", reason: "Address already in use"),
    ]
    for check in checks { #expect(check.status == .warning && check.remedy != nil, "\(check)") }
    #expect(checks[3].remedy?.contains("LimitNOFILE") == true)
    #expect(checks[4].remedy?.contains("ulimit -n") == true)
}

@Test func withoutAnyEngineForRealModelsServingFails() {
    let alone = Doctor.engines(EnginesReport([builtin, missing], environment))
    #expect(alone.map(\.status) == [.ok, .failure])
    let other = FakeEngine(name: "tree", answer: .available(version: "1", path: nil))
    let accompanied = Doctor.engines(EnginesReport([missing, other], environment))
    #expect(accompanied.map(\.status) == [.warning, .ok])
}

@Test func showsTheDiagnosisForPeopleAndPrograms() throws {
    let report = DoctorReport([
        DoctorCheck("memory", .ok, "4.0 GiB free"),
        DoctorCheck("engine onnxruntime", .failure, "not usable", remedy: "run this\nthen that"),
    ])
    #expect(!report.isHealthy)
    #expect(
        report.text == """
            ok    memory              4.0 GiB free
            fail  engine onnxruntime  not usable
                                      run this
                                      then that

            Not ready: 1 failure, 0 warnings.

            """)
    #expect(
        try report.json.text(.compact)
            == "{\"healthy\":false,\"checks\":[{\"name\":\"memory\",\"status\":\"ok\","
            + "\"finding\":\"4.0 GiB free\",\"remedy\":null},{\"name\":\"engine onnxruntime\","
            + "\"status\":\"fail\",\"finding\":\"not usable\",\"remedy\":\"run this\\nthen that\"}]}"
    )
    #expect(DoctorReport([]).text == "\nAll is well.\n")
}

@Test func looksAtThisMachine() throws {
    let held = try HeldPort()
    let scope = DoctorScope(ports: [
        DoctorScope.Port(host: "127.0.0.1", port: held.port, key: "listen.rest")
    ])
    let report = Doctor.look(scope, engines: [builtin], environment: environment)
    let port = try #require(report.checks.first { $0.name == "port \(held.port)" })
    #expect(port.status == .warning)
    #expect(port.finding.contains("Address already in use"))
    #expect(report.checks.contains { $0.name == "engine builtin" && $0.status == .ok })
}
