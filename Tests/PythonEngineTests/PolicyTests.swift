import EngineInterface
import Glibc
import PythonEngine
import ServingCore
import Testing

/// What may run, and which options there are.
@Suite struct PolicyTests {
    /// Unpickles to `os.mkdir(path)`: protocol 0, written by hand.
    private static func making(_ path: String) -> [UInt8] {
        Array("cos\nmkdir\n(V\(path)\ntR.".utf8)
    }

    @Test(arguments: ["model.pkl", "model.joblib", "model.pickle"])
    func doesNotUnpickleWhatIsNotAllowed(_ entry: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write(entry, Self.making(directory.path + "/it-ran"))
        for options in [[:], ["allow_code": EngineOptions.Value.boolean(false)]] {
            let source = try PythonModels.source(directory, entry: entry, options: options)
            let error = #expect(throws: ServingError.self) {
                try PythonModels.engine.load(source, PythonModels.environment)
            }
            #expect(error?.code == .configurationInvalid)
            #expect(error?.message.contains("unpickling runs code") == true)
            #expect(error?.message.contains("allow_code: true") == true)
        }
        #expect(!directory.has("it-ran"))
    }

    /// The counterpart: with leave the same bytes do run, so that the test above can fail.
    @Test func unpicklesWhatIsAllowed() throws {
        let directory = try TemporaryDirectory()
        try directory.write("model.pkl", Self.making(directory.path + "/it-ran"))
        let source = try PythonModels.source(directory, entry: "model.pkl")
        let error = #expect(throws: ServingError.self) {
            try PythonModels.engine.load(source, PythonModels.environment)
        }
        #expect(error?.message.contains("no method predict") == true)
        #expect(directory.has("it-ran"))
    }

    @Test(
        arguments: [
            ("model.keras", [0x80, 4], "zip"), ("model.h5", [0x50, 0x4B, 3, 4], "a zip archive"),
            ("model.skops", [1], "skops"), ("model.cbm", [0x50, 0x4B, 3, 4], "a zip archive"),
            ("model.pkl", [], "empty"), ("model.keras", [], "empty"),
        ] as [(String, [UInt8], String)])
    func refusesFilesOfAnotherKind(_ entry: String, _ bytes: [UInt8], _ word: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write(entry, bytes)
        let source = try PythonModels.source(directory, entry: entry)
        let error = #expect(throws: ServingError.self) {
            try PythonModels.engine.load(source, PythonModels.environment)
        }
        #expect(error?.code == .modelInvalid)
        #expect(error?.message.contains(word) == true)
    }

    /// To open a pipe waits for a writer; the thread that loads would wait for ever.
    @Test(arguments: ["model.pkl", "model.py", "MLmodel", "model.h5"])
    func doesNotWaitForAPipe(_ entry: String) throws {
        let directory = try TemporaryDirectory()
        #expect(mkfifo(directory.path + "/" + entry, 0o600) == 0)
        let source = try PythonModels.source(directory, entry: entry)
        let error = #expect(throws: ServingError.self) {
            try PythonModels.engine.load(source, PythonModels.environment)
        }
        #expect(error?.code == .fileUnreadable)
        #expect(error?.message.contains("not a regular file") == true)
    }

    @Test(
        arguments: [
            (["allow_code": .text("yes")], "allow_code"),
            (["alow_code": .boolean(true)], "allow_code"),
            (["concurrency": .integer(0)], "concurrency"), (["concurrency": .integer(65)], "64"),
            (["input_type": .text("complex64")], "input_type"),
            (["columns": .integer(1)], "columns"),
            (["column_types": .mapping(["a": "float128"])], "float128"),
            (["settings": .text("x")], "settings"), (["outputs": .boolean(true)], "outputs"),
            (["trusted_types": .mapping([:])], "trusted_types"),
        ] as [([String: EngineOptions.Value], String)])
    func refusesWrongOptions(_ options: [String: EngineOptions.Value], _ word: String) {
        let error = #expect(throws: ServingError.self) {
            try PythonEngine().check(EngineOptions(options))
        }
        #expect(error?.code == .configurationInvalid)
        #expect(error?.message.contains(word) == true)
    }

    @Test func describesEveryOption() throws {
        let reference = PythonEngine().optionReference
        #expect(Set(reference.map(\.name)).count == reference.count)
        #expect(reference.contains { $0.name == "environment" })
        let all = EngineOptions(["allow_code": .boolean(true), "concurrency": .integer(4)])
        try PythonEngine().check(all)
    }
}
