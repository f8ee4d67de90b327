import EngineInterface
import Inference
import ServingCore
import Tensors
import Testing
import TreeEngine

/// Files that are cut short or damaged, and files with links that must not be followed.
@Suite struct BrokenFileTests {
    static let names = [
        "xgb_reg_gamma.json", "xgb_categories.ubj", "xgb_vector_leaf.json", "old_dart.deprecated",
        "old_linear.deprecated", "lgb_categories.txt", "lgb_ova.txt",
    ]

    @Test(arguments: names)
    func refusesAFileThatIsCutShort(name: String) throws {
        let bytes = try Fixture.bytes(name)
        // What follows a LightGBM model's trees is how it was trained.
        let marker = Array("end of trees".utf8)
        let end =
            name.hasSuffix(".txt")
            ? bytes.indices.first { bytes[$0...].starts(with: marker) } ?? 0 : bytes.count - 1
        try #require(end > 100)
        for step in 0...60 {
            let cut = end * step / 60
            let error = #expect(throws: ServingError.self, "\(cut) of \(bytes.count) bytes") {
                try bytes[..<cut].withUnsafeBytes { _ = try TreeEngine.model($0) }
            }
            #expect(error?.code == .modelInvalid)
        }
    }

    @Test(arguments: names)
    func survivesAnyDamage(name: String) throws {
        let bytes = try Fixture.bytes(name)
        var state: UInt64 = 99
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<150 {
            var damaged = bytes
            for _ in 0..<1 + random(4) {
                let place = random(damaged.count)
                switch random(4) {
                case 0: damaged[place] = UInt8(random(256))
                case 1: damaged[place] = UInt8(ascii: "0") + UInt8(random(10))
                case 2: damaged.remove(at: place)
                default: damaged.insert(UInt8(ascii: "9"), at: place)
                }
            }
            damaged.withUnsafeBytes { bytes in
                guard let model = try? TreeEngine.model(bytes) else { return }
                try? Self.run(model)
            }
        }
    }

    private static func run(_ model: any LoadedModel) throws {
        let signature = model.declaration.signatures[0]
        guard let features = signature.inputs[0].wireShape?[1], features < 1 << 16 else { return }
        let type = signature.inputs[0].elementType
        let input = try Tensor.zeros(type, Shape([5, features]))
        _ = try model.run(
            signature: signature, inputs: [input], outputIndices: [0],
            cancellation: RunCancellation())
    }

    /// A small XGBoost model whose one tree has these arrays.
    private static func xgboost(
        left: String = "[1,-1,-1]", right: String = "[2,-1,-1]", features: String = "[0,0,0]",
        conditions: String = "[5E-1,1E0,2E0]", extra: String = "", info: String = "[0]",
        score: String = "5E-1", objective: String = "reg:squarederror", booster: String = "gbtree"
    ) -> [UInt8] {
        let tree =
            "{\"left_children\":\(left),\"right_children\":\(right),\"split_indices\":\(features),"
            + "\"split_conditions\":\(conditions),\"default_left\":[0,0,0]\(extra)}"
        let text =
            "{\"learner\":{\"gradient_booster\":{\"model\":{\"tree_info\":\(info),\"trees\":[\(tree)]},"
            + "\"name\":\"\(booster)\"},\"learner_model_param\":{\"base_score\":\"\(score)\","
            + "\"num_class\":\"0\",\"num_feature\":\"1\"},\"objective\":{\"name\":\"\(objective)\"}}}"
        return Array(text.utf8)
    }

    @Test func readsTheSmallModelThatTheTablesDamage() throws {
        let model = try Self.xgboost().withUnsafeBytes { try TreeEngine.model($0) }
        let input = try Tensor(.float32, Shape([3, 1]), values: [0, 1, .nan] as [Float])
        let result = try model.run(
            signature: model.declaration.signatures[0], inputs: [input], outputIndices: [0],
            cancellation: RunCancellation())
        #expect(result[0].values(as: Float.self) == [1.5, 2.5, 2.5])
    }

    @Test(arguments: [
        (xgboost(left: "[0,-1,-1]"), "another node's child or the root"),
        (xgboost(left: "[2,-1,-1]"), "another node's child or the root"),
        (xgboost(left: "[1,0,-1]"), "another node's child or the root"),
        (xgboost(left: "[7,-1,-1]"), "none of the tree's nodes"),
        (xgboost(right: "[-2,-1,-1]"), "none of the tree's nodes"),
        (xgboost(left: "[]"), "0 nodes with arrays"), (xgboost(features: "[0]"), "lengths"),
        (xgboost(features: "[1,0,0]"), "feature 1 of 1"),
        (xgboost(features: "[-1,0,0]"), "feature -1"),
        (xgboost(features: "[99999999999,0,0]"), "32 bits"),
        (xgboost(conditions: "[NaN,1,2]"), "not a number"),
        (xgboost(extra: ",\"split_type\":[1,0,0]"), "no categories"),
        (
            xgboost(
                extra: ",\"split_type\":[1,0,0],\"categories\":[1],\"categories_nodes\":[0],"
                    + "\"categories_segments\":[0],\"categories_sizes\":[2]"), "categories 0, 2"
        ),
        (
            xgboost(
                extra: ",\"split_type\":[1,0,0],\"categories\":[16777216],"
                    + "\"categories_nodes\":[0],\"categories_segments\":[0],"
                    + "\"categories_sizes\":[1]"), "a category below 0 or beyond"
        ),
        (xgboost(info: "[1]"), "output beyond 1"), (xgboost(info: "[]"), "tree_info"),
        (xgboost(score: "NaN"), "not finite"), (xgboost(score: "[1,2]"), "2 base scores"),
        (xgboost(score: "2", objective: "binary:logistic"), "no probability"),
        (xgboost(objective: "my:own"), "'my:own' is not known"),
        (xgboost(booster: "gbtree2"), "booster 'gbtree2'"),
        (xgboost(booster: "dart"), "0 weights of 1"),
    ])
    func refusesAModelThatDoesNotFitTogether(bytes: [UInt8], words: String) {
        let error = #expect(throws: ServingError.self) {
            try bytes.withUnsafeBytes { _ = try TreeEngine.model($0) }
        }
        #expect(error?.code == .modelInvalid)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func refusesLinearTreesByName() throws {
        let text = String(decoding: try Fixture.bytes("lgb_sqrt.txt"), as: UTF8.self)
        let linear = text.split(separator: "is_linear=0").joined(separator: "is_linear=1")
        let error = #expect(throws: ServingError.self) {
            try Array(linear.utf8).withUnsafeBytes { _ = try TreeEngine.model($0) }
        }
        #expect(error?.message.contains("linear trees are not supported") == true)
    }

    @Test func refusesContributionsWhereTheyCannotBeComputed() throws {
        let options = EngineOptions(["outputs": .text("contributions")])
        for (bytes, word) in [
            (ConformanceTests.chain(length: 600), "depth 600"),
            (try Fixture.bytes("xgb_vector_leaf.json"), "multi_output_tree"),
            (Self.xgboost(), "how many rows"),
        ] {
            let error = #expect(throws: ServingError.self) {
                try bytes.withUnsafeBytes { _ = try TreeEngine.model($0, options: options) }
            }
            #expect(error?.message.contains(word) == true, "\(String(describing: error))")
        }
    }
}
