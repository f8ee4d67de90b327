import Inference
import Listener
import NIOCore
import NIOHTTP1
import ServingCore
import Synchronization
import TestSupport
import Tensors
import Testing

@testable import Protocols

/// Remembers what is asked of it, and allows it.
private final class FakeAdministration: ModelAdministration {
    let loads = Mutex([ModelLoadRequest]())
    let unloads = Mutex([ModelName]())
    var allowsLoading: Bool { true }
    var allowsReplacing: Bool { false }

    func replaceModels(
        _ models: [ModelDescription],
        completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
    ) {}

    func loadModel(
        _ request: ModelLoadRequest,
        completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
    ) {
        loads.withLock { $0.append(request) }
        completion(.success(()))
    }

    func unloadModel(
        _ name: ModelName, completion: @escaping @Sendable (Result<Void, ServingError>) -> Void
    ) {
        unloads.withLock { $0.append(name) }
        completion(.success(()))
    }

    func repositoryIndex() -> [RepositoryEntry] {
        [
            RepositoryEntry(name: "a", version: ModelVersion(1), state: .ready),
            RepositoryEntry(name: "b", version: nil, state: nil),
        ]
    }

    func location(of name: ModelName) -> String? { nil }
}

private final class FakeStatistics: ModelStatisticsSource {
    func statistics(of identity: ModelIdentity) -> ModelStatistics? {
        var statistics = ModelStatistics()
        statistics.inferences = UInt64(identity.version.number)
        statistics.success = .init(count: 2, nanoseconds: UInt64.max)
        statistics.batches = [.init(size: 3, runs: .init(count: 1, nanoseconds: 5))]
        return statistics
    }
}

private final class FakeLog: LogSettingsControl {
    private let level = Mutex(LogThreshold.info)
    var threshold: LogThreshold {
        get { level.withLock { $0 } }
        set { level.withLock { $0 = newValue } }
    }
}

@Suite struct OpenInferenceExtensionTests {
    @Test func refusesPathsThatLeaveTheModel() {
        let paths = [
            "", "model.onnx", "1", "1/", "/1/model.onnx", "1/../2/m", "../1/m", "1/./m", "1//m",
            "x/model.onnx", "-1/m", "1/a\\b", "1/a\u{0}", "1/\u{7F}",
            "1/a/b/c/d/e/f/g/h", "1/" + String(repeating: "a", count: 256),
        ]
        for path in paths {
            #expect(throws: ServingError.self, "\(path)") {
                try ModelRepository.loadRequest(
                    "m", [("config", .text("{}")), ("file:" + path, .text(""))])
            }
        }
    }

    @Test func readsLoadParametersOfBothTransports() throws {
        let request = try ModelRepository.loadRequest(
            "m",
            [
                ("config", .text("{}")), ("file:1/model.onnx", .text("AQID")),
                ("file:2/deep/model.onnx", .bytes([4])),
            ])
        #expect(request.configuration == "{}")
        #expect(request.files.map(\.path) == ["1/model.onnx", "2/deep/model.onnx"])
        #expect(request.files.map(\.content) == [[1, 2, 3], [4]])
    }

    @Test(arguments: [
        [("config", ExtensionParameter.integer(1))], [("colour", .text("red"))],
        [("file:1/m", .text("AQID"))], [("config", .text("{}")), ("file:1/m", .text("%"))],
        [("config", .text("{}")), ("file:1/m", .boolean(true))],
        [("config", .text("{}")), ("file:1/m", .bytes([])), ("file:1/m", .bytes([]))],
    ])
    func refusesBadLoadParameters(parameters: [(key: String, value: ExtensionParameter)]) {
        #expect(throws: ServingError.self) {
            try ModelRepository.loadRequest("m", parameters)
        }
    }

    @Test func loadsAndUnloadsThroughTheAdministration() throws {
        let administration = FakeAdministration()
        let service = try TestModels.service()
        let repository = ModelRepository(administration, catalog: service)
        let results = Mutex(0)
        repository.load("m", [("config", .text("{}"))]) { result in
            if case .success = result { results.withLock { $0 += 1 } }
        }
        repository.unload("m", [("unload_dependents", .boolean(true))]) { result in
            if case .success = result { results.withLock { $0 += 1 } }
        }
        #expect(results.withLock { $0 } == 2)
        #expect(administration.loads.withLock { $0.map(\.name.text) } == ["m"])
        #expect(administration.unloads.withLock { $0.map(\.text) } == ["m"])
        #expect(repository.index(readyOnly: true).map(\.name) == ["a"])
        #expect(repository.index(readyOnly: false).map(\.name) == ["a", "b"])
    }

    @Test func reportsStatisticsOfOneVersionOneModelOrAll() throws {
        let service = try TestModels.service()
        let extensions = OpenInferenceExtensions(
            service: service, catalog: service, statistics: FakeStatistics())
        let digits = ModelReference(name: "digits", choice: .latest)
        #expect(try extensions.statistics(of: digits).map(\.version) == ["1", "2"])
        let second = ModelReference(name: "digits", choice: .version(ModelVersion(2)))
        let reports = try extensions.statistics(of: second)
        let zero = #"{"count":0,"ns":0}"#
        #expect(
            reports.map { String(buffer: $0.document.encoded(.compact)) } == [
                #"{"name":"digits","version":"2","last_inference":0,"inference_count":2,"#
                    + #""execution_count":0,"inference_stats":{"success":{"count":2,"#
                    + #""ns":18446744073709551615},"fail":\#(zero),"queue":\#(zero),"#
                    + #""compute_input":\#(zero),"compute_infer":\#(zero),"#
                    + #""compute_output":\#(zero),"cache_hit":\#(zero),"cache_miss":\#(zero)},"#
                    + #""response_stats":{},"batch_stats":[{"batch_size":3,"#
                    + #""compute_input":{"count":1,"ns":0},"compute_infer":{"count":1,"ns":5},"#
                    + #""compute_output":{"count":1,"ns":0}}],"memory_usage":[]}"#
            ])
        #expect(try extensions.statistics(of: nil).count > 10)
        for missing in [
            ModelReference(name: "nope", choice: .latest),
            ModelReference(name: "digits", choice: .version(ModelVersion(9))),
        ] {
            #expect(throws: ServingError.self) { try extensions.statistics(of: missing) }
        }
    }

    @Test(arguments: [
        ([("log_verbose_level", ExtensionParameter.integer(1))], LogThreshold?.some(.debug)),
        ([("log_verbose_level", .integer(4))], .trace),
        ([("log_info", .boolean(false))], .warning),
        ([("log_info", .boolean(false)), ("log_warning", .boolean(false))], .error),
        ([("log_info", .null), ("log_format", .text("ISO8601"))], .info),
        ([("log_warning", .boolean(false))], nil), ([("log_error", .boolean(false))], nil),
        ([("log_info", .boolean(false)), ("log_verbose_level", .integer(1))], nil),
        ([("log_format", .text("default"))], nil), ([("log_file", .text("/tmp/x"))], nil),
        ([("log_verbose_level", .integer(-1))], nil), ([("log_info", .text("yes"))], nil),
        ([("log_colour", .text("red"))], nil),
    ])
    func movesTheLogLevelOrRefuses(
        changes: [(key: String, value: ExtensionParameter)], expected: LogThreshold?
    ) throws {
        let log = FakeLog()
        let settings = LogSettings(control: log)
        if let expected {
            try settings.update(changes)
            #expect(log.threshold == expected)
        } else {
            #expect(throws: ServingError.self) { try settings.update(changes) }
            #expect(log.threshold == .info, "a refused change changes nothing")
        }
    }

    @Test func ranksNaNLastAndNamesClasses() throws {
        let tensor = try Tensor(
            .float64, try Shape([1, 4]), values: [Double.nan, -1, .infinity, 0.5])
        let ranked = try ClassificationOutput.ranked(
            tensor, count: 4, hasBatch: true, labels: ["a", "b", "c"])
        #expect(ranked.shape.dimensions == [1, 4])
        let texts = BytesElements.strings(in: ranked)
        #expect(Array(texts.dropLast()) == ["inf:2:c", "0.500000:3", "-1.000000:1:b"])
        #expect(texts.last?.hasSuffix("nan:0:a") == true)
    }

    @Test func findsClassNamesInTheModelsProperties() throws {
        let metadata = ModelMetadata(
            identity: ModelIdentity(try ModelName("m"), ModelVersion(1)), engine: "e",
            platform: "p",
            signatures: [
                ModelSignature(
                    inputs: [], outputs: [TestModels.specification("y", .float32)],
                    batching: .leadingDimension)
            ],
            properties: [("classes.y", #"["cat", 7]"#), ("classes.z", "broken")])
        #expect(ClassLabels.labels(of: "y", metadata) == ["cat", "7"])
        #expect(ClassLabels.labels(of: "z", metadata) == [])
        let document = String(
            buffer: OpenInferenceReply.modelMetadata(metadata, versions: []).body)
        #expect(
            document.contains(
                #""shape":[-1],"parameters":{"labels":["cat","7"]}"#))
    }

    @Test func readsSageMakersMediaType() throws {
        let type = OpenInferencePredict.sageMakerType
        #expect(
            try OpenInferencePredict.jsonLength(
                contentType: type + ";json-header-size=12", bodyLength: 20) == 12)
        #expect(
            try OpenInferencePredict.jsonLength(
                contentType: type + "; json-header-size=20", bodyLength: 20) == 20)
        #expect(
            try OpenInferencePredict.jsonLength(
                contentType: "application/json", bodyLength: 20) == nil)
        for bad in ["", ";json-header-size=", ";json-header-size=21", ";json-header-size=-1"] {
            #expect(throws: ServingError.self) {
                try OpenInferencePredict.jsonLength(contentType: type + bad, bodyLength: 20)
            }
        }
    }
}
