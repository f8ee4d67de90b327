import EngineInterface
import Inference
import ServingCore
import Tensors
import Testing

@testable import SparkEngine

/// What a pipeline takes and gives, and how it refuses.
@Suite struct PipelineTests {
    private func signature(_ name: String, _ options: [String: EngineOptions.Value] = [:]) throws
        -> ModelSignature
    {
        let model = try Fixture.load(try Fixture.pipeline(name, options: options))
        defer { model.unload() }
        return model.declaration.signatures[0]
    }

    @Test func asksOnlyForColumnsThatThePredictionNeeds() throws {
        let iris = try signature("iris_logistic")
        #expect(
            iris.inputs.map(\.name)
                == ["sepal_length", "sepal_width", "petal_length", "petal_width"])
        #expect(iris.inputs.allSatisfy { $0.elementType == .float64 && $0.wireShape == [-1] })
        #expect(
            iris.outputs.map(\.name) == ["rawPrediction", "probability", "prediction", "species"])
        #expect(iris.outputs.map(\.wireShape) == [[-1, 3], [-1, 3], [-1], [-1]])
        #expect(iris.outputs[3].elementType == .bytes)
        #expect(iris.batching == .leadingDimension)
        let digits = try signature("digits_kmeans")
        #expect(digits.inputs[0].wireShape == [-1, 64])
        #expect(digits.outputs[0].elementType == .int32)
        #expect(try signature("text_counts").inputs.map(\.elementType) == [.bytes])
    }

    @Test func givesAnyColumnThatIsAskedFor() throws {
        let wanted = try signature(
            "iris_logistic", ["outputs": .text("features, label , prediction")])
        #expect(wanted.outputs.map(\.name) == ["features", "label", "prediction"])
        // The label is made of the text that it indexes.
        #expect(wanted.inputs.map(\.name).contains("target"))
    }

    @Test(
        arguments: [
            ("iris_logistic", ["outputs": .text("probabilty")], "did you mean"),
            ("iris_logistic", ["outputs": .text("a,,b")], "twice"),
            ("iris_logistic", ["outputs": .integer(1)], "text"),
            ("text_counts", ["outputs": .text("words")], "any number of words"),
            ("iris_logistic", ["inputs": .mapping(["sepal": "number"])], "no input"),
            ("iris_logistic", ["inputs": .mapping(["sepal_length": "matrix"])], "matrix"),
        ] as [(String, [String: EngineOptions.Value], String)])
    func refusesOptionsThatDoNotFit(
        name: String, options: [String: EngineOptions.Value], word: String
    ) throws {
        let error = try #require(throws: ServingError.self) { try signature(name, options) }
        #expect(error.code == .configurationInvalid, "\(error)")
        #expect(error.message.contains(word), "\(error)")
    }

    @Test func refusesAStageThatOnlySparkCanRunAndSaysSo() throws {
        let error = try #require(throws: ServingError.self) { try signature("refused_sql") }
        #expect(error.code == .modelInvalid)
        #expect(error.message.contains("org.apache.spark.ml.feature.SQLTransformer"), "\(error)")
        #expect(error.message.contains("engine: python"), "\(error)")
    }

    /// A value that the model never saw: numbered behind the others, or refused.
    @Test func treatsUnknownTextAsTheModelSays() throws {
        let model = try Fixture.load(
            try Fixture.pipeline("wine_tree", options: ["outputs": .text("shadeIndex")]))
        defer { model.unload() }
        var builder = BytesTensorBuilder()
        for text in ["s1", "never seen", ""] { try builder.append(text) }
        let inputs = try model.declaration.signatures[0].inputs.map { input in
            try input.elementType == .bytes
                ? BytesTensorBuilder.of(["high", "low", "x"])
                : Tensor(.float64, try Shape([3]), values: [1.0, 2, 3])
        }
        #expect(inputs.count == 2)
        let shade = try builder.finish(shape: try Shape([3]))
        let output = try Fixture.run(model, [shade, inputs[1]])[0].values(as: Double.self)
        #expect(output[0] < 7)
        #expect(output[1] == 7)
        #expect(output[2] == 7)
    }

    @Test func refusesARowThatIsMissingANumber() throws {
        let model = try Fixture.load(try Fixture.pipeline("wine_forest"))
        defer { model.unload() }
        let inputs = try model.declaration.signatures[0].inputs.indices.map {
            try Tensor(.float64, try Shape([2]), values: [1.0, $0 == 4 ? .nan : 2])
        }
        let error = try #require(throws: ServingError.self) { try Fixture.run(model, inputs) }
        #expect(error.code == .invalidTensor)
        #expect(error.message.contains("missing"), "\(error)")
    }

    @Test func refusesInputsOfDifferentLengths() throws {
        let model = try Fixture.load(try Fixture.pipeline("wine_forest"))
        defer { model.unload() }
        let inputs = try model.declaration.signatures[0].inputs.indices.map {
            try Tensor(
                .float64, try Shape([1 + $0 % 2]), values: [1.0, 2].prefix(1 + $0 % 2).map(\.self))
        }
        let error = try #require(throws: ServingError.self) { try Fixture.run(model, inputs) }
        #expect(error.code == .invalidTensor)
    }

    @Test(arguments: ["iris_logistic", "wine_forest", "diabetes_linear", "text_hashing"])
    func refusesEveryFileThatIsCutOrGone(name: String) throws {
        let contents = try Fixture.contents(name)
        // A forest's trees all have the same weight, so its treesMetadata is not read.
        for (file, bytes) in contents
        where file.contains("part-") && !file.contains(".crc") && !file.contains("treesMetadata") {
            for count in [nil, 0, bytes.count / 3, bytes.count - 3] {
                var damaged = contents
                damaged[file] = count.map { Array(bytes.prefix($0)) }
                // Without its newline, metadata is whole.
                #expect(throws: ServingError.self, "\(file) \(String(describing: count))") {
                    try SparkModel(
                        SavedFiles(damaged), try SparkOptions(EngineOptions([:])),
                        concurrencyMaximum: 1)
                }
            }
        }
    }

    @Test(arguments: [
        ("{}", "names no 'class'"), ("[]", "names no 'class'"), ("", "copy the whole directory"),
        (#"{"class":"org.apache.spark.ml.feature.Normalizer","uid":"n"}"#, "'inputCol' is not set"),
        (
            #"{"class":"org.apache.spark.ml.feature.Normalizer","uid":"n","paramMap":{"inputCol":1}}"#,
            "is not text"
        ),
        (
            #"{"class":"org.apache.spark.ml.feature.Bucketizer","uid":"n","paramMap":"#
                + #"{"inputCol":"a","outputCol":"b","splits":[3,2,1]}}"#, "do not rise"
        ),
        (#"{"class":"com.example.Mine","uid":"n"}"#, "engine: python"),
        (
            #"{"class":"org.apache.spark.ml.PipelineModel","uid":"n","paramMap":{"stageUids":[]}}"#,
            "no stage makes a column"
        ),
        (
            #"{"class":"org.apache.spark.ml.PipelineModel","uid":"n","paramMap":"#
                + #"{"stageUids":["../../secret"]}}"#, "copy the whole directory"
        ),
    ])
    func saysWhatIsWrongWithMetadata(metadata: String, word: String) throws {
        let files = SavedFiles(["metadata/part-00000": Array(metadata.utf8)])
        let error = try #require(throws: ServingError.self) {
            try SparkModel(files, try SparkOptions(EngineOptions([:])), concurrencyMaximum: 1)
        }
        #expect(error.code == .modelInvalid)
        #expect(error.message.contains(word), "\(error)")
    }

    @Test func recognisesPipelinesAndSingleStagesOnly() throws {
        let engine = Fixture.engine
        #expect(engine.recognise(try Fixture.pipeline("iris_logistic").files)?.entry == ".")
        #expect(engine.recognise(try Fixture.pipeline("spark3/wine_forest").files)?.entry == ".")
        let stages = Fixture.folder + "/digits_kmeans/stages"
        let found = engine.recognise(try ModelFiles.list(stages))
        #expect(found?.entry.hasPrefix("0_KMeans") == true)
        let single = try Fixture.load(try Fixture.source(stages, entry: found?.entry ?? ""))
        #expect(single.declaration.signatures[0].inputs[0].wireShape == [-1, 64])
        single.unload()
        #expect(engine.recognise(try ModelFiles.list(Fixture.folder))?.entry == "*/metadata")
        #expect(
            engine.recognise(try ModelFiles.list(Fixture.root + "/Tests/Fixtures/models")) == nil)
    }
}

extension BytesTensorBuilder {
    /// A vector of texts.
    static func of(_ texts: [String]) throws -> Tensor {
        var builder = BytesTensorBuilder()
        for text in texts { try builder.append(text) }
        return try builder.finish(shape: try Shape([texts.count]))
    }
}
