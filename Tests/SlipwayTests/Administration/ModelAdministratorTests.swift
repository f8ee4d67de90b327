import EngineInterface
import Glibc
import Inference
import Logging
import Models
import Scheduling
import ServingCore
import Synchronization
import TestSupport
import Testing

@testable import Slipway

/// An administrator over a real manager, with built-in models in a directory of its own.
private final class Office: Sendable {
    let root: String
    let manager: ModelManager
    let administrator: ModelAdministrator
    private let watch = DeadlineWatch()

    init(
        _ control: ModelControl = .explicit, models: [AspiredModel] = [],
        _ adjust: (inout ModelAdministrator.Settings) -> Void = { _ in }
    ) throws {
        var template = Array("/tmp/admin-tests-XXXXXX".utf8CString)
        root = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp/none"
        mkdir(root + "/repository", 0o755)
        mkdir(root + "/private", 0o755)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        try watch.start()
        manager = ModelManager(
            ModelManagerDependencies(
                engines: Engines.all,
                environment: EngineEnvironment(budget: CPUBudget(processors: 1)),
                factory: SchedulerFactory(watch: watch), warmUpReader: RecordedRequests(),
                observer: RecordingObserver(), logger: logger))
        var settings = ModelAdministrator.Settings()
        settings.control = control
        settings.repository = root + "/repository"
        settings.timeout = .seconds(60)
        adjust(&settings)
        administrator = ModelAdministrator(
            manager, settings, engines: Engines.all, files: ClientFiles(parent: root + "/private"),
            logger: logger)
        try manager.start()
    }

    deinit {
        _ = manager.stop(timeout: .seconds(30))
        administrator.stop()
        watch.stop()
        Self.remove(root)
    }

    private static func remove(_ path: String) {
        for entry in (try? SystemFileSystem().entries(of: path)) ?? [] {
            let place = path + "/" + entry.name
            if entry.isDirectory { remove(place) } else { unlink(place) }
        }
        rmdir(path)
    }

    func write(_ path: String, _ text: String) throws {
        var place = root
        for part in path.split(separator: "/").dropLast() {
            place += "/" + part
            mkdir(place, 0o755)
        }
        try TestFiles.write(Array(text.utf8), to: root + "/" + path)
    }

    func load(_ request: ModelLoadRequest) async -> ServingError? {
        await answer { administrator.loadModel(request, completion: $0) }
    }

    func load(_ name: String) async throws -> ServingError? {
        await load(ModelLoadRequest(name: try ModelName(name)))
    }

    func unload(_ name: String) async throws -> ServingError? {
        let name = try ModelName(name)
        return await answer { administrator.unloadModel(name, completion: $0) }
    }

    func replace(_ models: [ModelDescription]) async -> ServingError? {
        await answer { administrator.replaceModels(models, completion: $0) }
    }

    var index: [String] {
        administrator.repositoryIndex().map {
            "\($0.name) \($0.version?.number ?? -1) \($0.state?.rawValue ?? "-")"
        }
    }

    /// What lies in the directory for clients' files.
    var privateEntries: [String] {
        (try? SystemFileSystem().entries(of: root + "/private").map(\.name)) ?? []
    }

    private func answer(
        _ ask: (@escaping @Sendable (Result<Void, ServingError>) -> Void) -> Void
    ) async -> ServingError? {
        await withCheckedContinuation { continuation in
            ask { result in
                if case .failure(let error) = result {
                    continuation.resume(returning: error)
                } else {
                    continuation.resume(returning: nil)
                }
            }
        }
    }
}

private let identity = "kind: identity\n"

@Test func aModelOfTheRepositoryIsLoadedAndUnloadedByName() async throws {
    let office = try Office()
    try office.write("repository/a/1/model.builtin", identity)
    try office.administrator.start(AspiredState())
    #expect(office.index == ["a -1 -"])
    #expect(try await office.load("a") == nil)
    #expect(office.index == ["a 1 READY"])
    #expect(
        office.administrator.location(of: try ModelName("a")) == office.root + "/repository/a")
    #expect(try await office.unload("a") == nil)
    #expect(office.index == ["a -1 UNAVAILABLE"])
    #expect(try await office.unload("a")?.code == .modelNotFound)
    #expect(try await office.load("b")?.code == .modelNotFound)
    #expect(try await office.load("a") == nil)
}

@Test func allModelsOfTheRepositoryAreServedWhereClientsMayNotLoad() async throws {
    let office = try Office(.off)
    try office.write("repository/a/1/model.builtin", identity)
    try office.administrator.start(AspiredState())
    #expect(office.manager.aspiredState.models.map(\.name.text) == ["a"])
    let error = try await office.load("a")
    #expect(error?.code == .unsupported)
    #expect(error?.message.contains("model_control: explicit") ?? false)
    try office.write("repository/b/1/model.builtin", identity)
    office.administrator.look()
    #expect(office.manager.aspiredState.models.map(\.name.text) == ["a", "b"])
}

@Test func aWrongConfigurationFileIsTheModelsFaultUntilItIsRight() async throws {
    let office = try Office(.off)
    try office.write("repository/a/1/model.builtin", identity)
    try office.write("repository/a/config.pbtxt", "nonsense: 1")
    try office.administrator.start(AspiredState())
    let fault = office.manager.aspiredState.models.first?.fault
    #expect(fault?.contains("config.pbtxt, line 1, column 1: there is no field") ?? false)
    try office.write("repository/a/config.pbtxt", "name: \"a\" backend: \"builtin\"")
    office.administrator.look()
    #expect(office.manager.aspiredState.models.first?.fault == nil)
    #expect(office.manager.aspiredState.models.first?.engine == "builtin")
}

@Test func filesThatComeWithARequestAreServedAndRemoved() async throws {
    let office = try Office()
    try office.administrator.start(AspiredState())
    let name = try ModelName("sent")
    let file = ModelLoadRequest.File(path: "1/model.builtin", content: Array(identity.utf8))
    let request = ModelLoadRequest(
        name: name, configuration: #"{"backend": "builtin"}"#, files: [file])
    #expect(await office.load(request) == nil)
    #expect(office.index == ["sent 1 READY"])
    let place = try #require(office.administrator.location(of: name))
    #expect(place.hasPrefix(office.root + "/private/slipway-"))
    #expect(access(place + "/1/model.builtin", F_OK) == 0)
    #expect(try await office.unload("sent") == nil)
    #expect(access(place, F_OK) != 0)
    office.administrator.stop()
    #expect(office.privateEntries.isEmpty)
}

@Test func aLoadThatFailsIsUndoneAndItsReasonShown() async throws {
    let office = try Office()
    try office.administrator.start(AspiredState())
    let name = try ModelName("sent")
    func request(_ text: String) -> ModelLoadRequest {
        ModelLoadRequest(
            name: name, files: [.init(path: "1/model.builtin", content: Array(text.utf8))])
    }
    #expect(await office.load(request("kind: nothing"))?.code == .modelInvalid)
    #expect(office.index == ["sent -1 UNAVAILABLE"])
    #expect(await office.load(request(identity)) == nil)
    let place = office.administrator.location(of: name)
    #expect(await office.load(request("kind: nothing")) != nil)
    #expect(office.administrator.location(of: name) == place)
    #expect(office.index == ["sent 1 READY"])
}

@Test(arguments: ["../x", "/etc/x", "a//b", "", "a/./b", "1/\u{1}"])
func pathsThatLeaveTheModelsDirectoryAreRefused(_ path: String) async throws {
    let office = try Office()
    try office.administrator.start(AspiredState())
    let request = ModelLoadRequest(
        name: try ModelName("a"), files: [.init(path: path, content: [1])])
    #expect(await office.load(request)?.code == .invalidRequest)
    #expect(office.privateEntries.isEmpty)
}

@Test func clientsFilesAreBoundedTogether() throws {
    var files = ClientFiles(parent: "/tmp", bytesMaximum: 10)
    defer { files.removeAll() }
    _ = try files.write([.init(path: "a", content: [UInt8](repeating: 0, count: 8))])
    #expect(throws: ServingError.self) {
        try files.write([.init(path: "a", content: [UInt8](repeating: 0, count: 3))])
    }
    files.keep([])
    #expect(files.byteCount == 0)
}

@Test func aLocationIsLoadedOnceWithOrWithoutVersions() async throws {
    let office = try Office()
    try office.write("elsewhere/model.builtin", identity)
    try office.administrator.start(AspiredState())
    let request = ModelLoadRequest(
        name: try ModelName("mme"), location: office.root + "/elsewhere")
    #expect(await office.load(request) == nil)
    #expect(office.index == ["mme 1 READY"])
    #expect(await office.load(request)?.code == .alreadyExists)
    #expect(try await office.unload("mme") == nil)
    #expect(office.index.isEmpty)
    let absent = ModelLoadRequest(name: try ModelName("mme"), location: office.root + "/absent")
    #expect(await office.load(absent)?.code == .modelNotFound)
}

@Test func theWholeSetIsReplacedOrNothingIs() async throws {
    let office = try Office(.off) {
        $0.allowsReplacing = true
        $0.repository = nil
        $0.labels = .none
    }
    try office.write("x/1/model.builtin", identity)
    try office.write("x/2/model.builtin", identity)
    try office.administrator.start(
        AspiredState(models: [
            AspiredModel(name: try ModelName("old"), baseDirectory: office.root + "/x")
        ]))
    let new = ModelDescription(
        name: "new", basePath: office.root + "/x", versions: .specific([1, 2]),
        labels: ["stable": 1])
    #expect(await office.replace([new]) == nil)
    #expect(office.index == ["new 2 READY", "new 1 READY"])
    let twice = await office.replace([new, new])
    #expect(twice?.message == "Illegal to list model new multiple times in config list")
    let relative = await office.replace([ModelDescription(name: "r", basePath: "models/r")])
    #expect(
        relative?.message
            == "Expected model r to have an absolute path or URI; got base_path()=models/r")
    var moved = new
    moved.labels = ["stable": 7]
    let label = await office.replace([moved])
    #expect(
        label?.message
            == "Request to assign label to version 7 of model new, which is not currently "
            + "available for inference")
    #expect(office.index == ["new 2 READY", "new 1 READY"])
}

@Test func theConfigurationWinsOverWhatClientsDidWhereItDiffers() throws {
    let (a, b) = (try model("a"), try model("b"))
    let loaded = WantedModels.Change.loaded(.init(model: try model("c")))
    var wanted = WantedModels()
    wanted.configure([a, b])
    wanted.change(a.name, .unloaded)
    wanted.change(try ModelName("c"), loaded)
    #expect(wanted.models.map(\.model.name.text) == ["b", "c"])
    // The same again changes nothing of what clients did.
    wanted.configure([a, b])
    #expect(wanted.models.map(\.model.name.text) == ["b", "c"])
    var other = a
    other.labels = [try VersionLabel("x"): ModelVersion(1)]
    wanted.configure([other, b])
    #expect(wanted.models.map(\.model.name.text) == ["a", "b", "c"])
    wanted.replace([b])
    #expect(wanted.models.map(\.model.name.text) == ["b"])
    wanted.configure([other, b])
    #expect(wanted.models.map(\.model.name.text) == ["b"])
    wanted.configure([a, b])
    #expect(wanted.models.map(\.model.name.text) == ["a", "b"])
}

private func model(_ name: String) throws -> AspiredModel {
    AspiredModel(name: try ModelName(name), baseDirectory: "/m/\(name)")
}
