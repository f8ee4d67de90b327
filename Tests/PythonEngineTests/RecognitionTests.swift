import EngineInterface
import PythonEngine
import ServingCore
import Testing

/// What is claimed, by names alone.
@Suite struct RecognitionTests {
    private func recognise(_ names: [String]) -> Recognition? {
        let entries = names.map { name in
            name.hasSuffix("/")
                ? ModelFiles.Entry(name: String(name.dropLast()), byteCount: 0, isDirectory: true)
                : ModelFiles.Entry(name: name, byteCount: 10, isDirectory: false)
        }
        return PythonEngine().recognise(ModelFiles(directory: "/m/1", entries: entries))
    }

    @Test(arguments: [
        (["model.py", "weights.pkl"], "model.py", "Python"),
        (["model.pkl"], "model.pkl", "scikit-learn"),
        (["forest.joblib", "notes.txt"], "forest.joblib", "scikit-learn"),
        (["model.joblib", "other.pkl"], "model.joblib", "scikit-learn"),
        (["iris.skops"], "iris.skops", "scikit-learn (skops)"),
        (["model.keras"], "model.keras", "Keras"), (["net.h5"], "net.h5", "Keras"),
        (["model.cbm"], "model.cbm", "CatBoost"),
        (["MLmodel", "model.pkl", "conda.yaml"], "MLmodel", "MLflow"),
        (["metadata/", "metadata/part-00000", "stages/"], "metadata", "Spark MLlib"),
    ])
    func claims(_ names: [String], _ entry: String, _ framework: String) {
        let found = recognise(names)
        #expect(found?.entry == entry)
        #expect(found?.framework == framework)
        #expect(found?.isFallback == (entry == "metadata"))
    }

    @Test(arguments: [
        [], ["model.onnx"], ["model.py/"], ["deep/model.pkl"], ["saved_model.pb"], ["pkl"],
        ["metadata/"], ["metadata"],
    ])
    func leavesOthersAlone(_ names: [String]) {
        #expect(recognise(names) == nil)
    }

    @Test func saysWhichOfSeveralModelsToRename() throws {
        let directory = try TemporaryDirectory()
        try directory.write("a.pkl", [1])
        try directory.write("b.joblib", [1])
        let files = try ModelFiles.list(directory.path)
        let entry = try #require(PythonEngine().recognise(files)?.entry)
        let source = try PythonModels.source(directory, entry: entry)
        let error = #expect(throws: ServingError.self) {
            try PythonModels.engine.estimate(source)
        }
        #expect(error?.code == .modelInvalid)
        #expect(error?.message.contains("a.pkl, b.joblib") == true)
    }
}
