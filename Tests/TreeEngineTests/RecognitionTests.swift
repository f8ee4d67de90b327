import EngineInterface
import ServingCore
import Testing
import TreeEngine

@Suite struct RecognitionTests {
    private func recognise(_ files: [(String, [UInt8])]) throws -> (String, String)? {
        let directory = try TemporaryDirectory()
        for (name, bytes) in files { try directory.write(name, bytes) }
        return Fixture.engine.recognise(try ModelFiles.list(directory.path))
            .map { ($0.framework, $0.entry) }
    }

    @Test(arguments: [
        ("xgb_binary.json", "xgboost.json", "XGBoost"),
        ("xgb_binary.json", "model.json", "XGBoost"),
        ("xgb_binary.json", "anything.json", "XGBoost"), ("xgb_categories.ubj", "m.ubj", "XGBoost"),
        ("old_binary.deprecated", "model.bst", "XGBoost"),
        ("old_binary.deprecated", "xgboost.model", "XGBoost"),
        ("lgb_binary.txt", "model.txt", "LightGBM"), ("lgb_binary.txt", "a.lgb", "LightGBM"),
        ("lgb_binary.txt", "model.bst", "LightGBM"),
    ])
    func recognisesAModelByNameAndBeginning(
        fixture: String, name: String, framework: String
    ) throws {
        let found = try recognise([(name, try Fixture.bytes(fixture))])
        #expect(found?.0 == framework)
        #expect(found?.1 == name)
    }

    @Test(arguments: [
        ("config.json", "{\"architectures\": []}"), ("requirements.txt", "numpy"),
        ("a.json", ""), ("a.json", "[\"learner\"]"), ("b.bin", "binary"), ("a.json", "{Lx"),
        ("model.onnx", "tree\nversion=v4\n"),
    ])
    func leavesOtherFilesAlone(name: String, text: String) throws {
        #expect(try recognise([(name, Array(text.utf8))]) == nil)
    }

    /// Only when no other engine claims the directory, so that the load can say what is wrong.
    @Test(arguments: [
        ("model.json", "", "is empty"),
        ("model.ubj", "version https://git-lfs.github.com", "git lfs"),
        ("model.json", "{\"format\": \"layers\"}", "layers"),
        ("model.txt", "tree-lined streets", "tree-lined"), ("model.bst", "<html>", "<html>"),
    ])
    func saysWhatIsWrongWithAFileOfAStandingName(name: String, text: String, word: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write(name, Array(text.utf8))
        let found = try #require(
            Fixture.engine.recognise(try ModelFiles.list(directory.path)))
        #expect(found.isFallback)
        let error = #expect(throws: ServingError.self) {
            let source = try Fixture.source(found.entry, in: directory.path)
            _ = try Fixture.engine.load(source, Fixture.environment)
        }
        #expect(error?.code == .modelInvalid)
        #expect(error?.message.contains(word) == true)
    }

    @Test func takesTheStandingNameAmongSeveralAndElseAsks() throws {
        let model = try Fixture.bytes("lgb_binary.txt")
        #expect(try recognise([("model.txt", model), ("old.txt", model)])?.1 == "model.txt")
        let found = try recognise([("a.txt", model), ("b.txt", model)])
        #expect(found?.1 == "several models")
        let directory = try TemporaryDirectory()
        try directory.write("a.txt", model)
        try directory.write("b.txt", model)
        let error = #expect(throws: ServingError.self) {
            let source = try Fixture.source("several models", in: directory.path)
            _ = try Fixture.engine.estimate(source)
        }
        #expect(error?.message.contains("a.txt, b.txt") == true)
    }

    @Test func leavesDirectoriesOfMLflowToTheirOwnEngine() throws {
        let model = try Fixture.bytes("xgb_binary.json")
        #expect(try recognise([("model.json", model), ("MLmodel", [])]) == nil)
    }
}
