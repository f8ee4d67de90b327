import EngineInterface
import Glibc
import ServingCore
import Tensors
import Testing

@testable import Slipway

/// What `slipway convert` decides by itself: the tool, and whether a result is near enough.
@Suite struct ConversionTests {
    @Test(arguments: [
        ("a.pkl", false, "sklearn"), ("a.skops", false, "sklearn"), ("a.ubj", false, "xgboost"),
        ("a.txt", false, "lightgbm"), ("a.cbm", false, "catboost"), ("a.h5", false, "keras"),
        ("sm", true, "savedmodel"), ("a.onnx", false, "onnx"), ("a.pt", false, "torch_pickle"),
    ])
    func knowsAFileByItsName(_ name: String, _ isDirectory: Bool, _ kind: String) throws {
        let plan = try ConversionPlan(
            name, isDirectory: isDirectory, isExportedProgram: false, isScript: false,
            target: .onnx, quantization: nil)
        #expect(plan.kind.rawValue == kind)
    }

    @Test func knowsPyTorchsFilesByWhatIsInside() throws {
        func kind(exported: Bool, script: Bool) throws -> ConversionPlan.Kind {
            try ConversionPlan(
                "a.pt2", isDirectory: false, isExportedProgram: exported, isScript: script,
                target: .onnx, quantization: nil
            ).kind
        }
        #expect(try kind(exported: true, script: false) == .torchExport)
        #expect(try kind(exported: false, script: true) == .torchscript)
        #expect(try kind(exported: false, script: false) == .torchPickle)
    }

    @Test(arguments: [
        ("a.onnx", ConversionTarget.trees), ("a.pkl", .torchscript), ("a.cbm", .trees),
        ("a.txt", .savedmodel), ("readme.md", .onnx), ("noending", .onnx),
    ])
    func refusesWhatNoExporterDoes(_ name: String, _ target: ConversionTarget) {
        #expect(throws: ServingError.self) {
            try ConversionPlan(
                name, isDirectory: false, isExportedProgram: false, isScript: false,
                target: target, quantization: nil)
        }
    }

    @Test func quantizesNothingButONNX() {
        #expect(throws: ServingError.self) {
            try ConversionPlan(
                "a.keras", isDirectory: false, isExportedProgram: false, isScript: false,
                target: .savedmodel, quantization: .int8)
        }
    }

    @Test func pinsEveryPackage() throws {
        for kind in ConversionPlan.Kind.allCases {
            #expect(kind.requirements.allSatisfy { $0.contains("==") }, "\(kind)")
        }
    }

    private func difference(_ result: [Float], _ original: [Float], _ shape: [Int]) throws
        -> OutputDifference
    {
        try OutputDifference(
            "y", result: Tensor(.float32, Shape(shape), values: result),
            original: Tensor(.float32, Shape(shape), values: original))
    }

    @Test func measuresDistancesAbsolutelyAndOfTheRange() throws {
        let one = try difference([1, 99], [0, 100], [2, 1])
        #expect(one.absolute == 1 && one.mean == 1 && one.relative == 0.01)
        #expect(one.isWithin(0.01, rowsMayDiffer: 0) && !one.isWithin(0.009, rowsMayDiffer: 0))
    }

    @Test func countsRowsWhoseLargestColumnIsTheSame() throws {
        let one = try difference([0.1, 0.9, 0.6, 0.4], [0.2, 0.8, 0.4, 0.6], [2, 2])
        #expect(one.agreement == 0.5)
    }

    @Test func takesNaNForNaNAndNothingElse() throws {
        #expect(try difference([.nan], [.nan], [1]).absolute == 0)
        #expect(try difference([.nan], [1], [1]).absolute == .infinity)
        #expect(try !difference([.nan], [1], [1]).isWithin(1e9, rowsMayDiffer: 1))
    }

    @Test func wantsLabelsToBeEqual() throws {
        let shape = try Shape([4])
        let one = try OutputDifference(
            "label", result: Tensor(.int64, shape, values: [1, 2, 3, 4] as [Int64]),
            original: Tensor(.int64, shape, values: [1, 2, 3, 5] as [Int64]))
        #expect(one.agreement == 0.75)
        #expect(!one.isWithin(100, rowsMayDiffer: 0) && one.isWithin(100, rowsMayDiffer: 0.25))
    }

    @Test func refusesOutputsOfAnotherSize() {
        #expect(throws: ServingError.self) { try difference([1, 2], [1, 2, 3], [2]) }
    }
}

/// Where a conversion works, beside its output.
@Suite struct ScratchFolderTests {
    private func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

    @Test func makesTheDirectoryOfANewModelAndTakesItAwayWhenNothingIsKept() throws {
        var template = Array("/tmp/slipway-scratch-XXXXXX".utf8CString)
        let base = String(cString: try #require(mkdtemp(&template)))
        defer { rmdir(base) }
        let failed = try ScratchFolder(beside: base + "/digits/1")
        #expect(isThere(failed.path))
        failed.remove()
        #expect(!isThere(base + "/digits"))

        let kept = try ScratchFolder(beside: base + "/digits/1")
        #expect(mkdir(kept.path + "/version", 0o755) == 0)
        try kept.keep(kept.path + "/version", as: base + "/digits/1")
        kept.remove()
        #expect(!isThere(kept.path) && isThere(base + "/digits/1"))
        rmdir(base + "/digits/1")
        rmdir(base + "/digits")
    }

    @Test func refusesAPathWhoseDirectoriesAreMissing() {
        #expect(throws: ServingError.self) {
            try ScratchFolder(beside: "/tmp/slipway-none-\(getpid())/models/digits/1")
        }
    }
}

/// Options as a command line gives them.
@Suite struct OptionWordTests {
    @Test func takesWordsForWhatTheyLookLike() throws {
        let options = try EngineOptions(words: ["a=true", "b=12", "c=x=y", "d="])
        #expect(
            options.values == [
                "a": .boolean(true), "b": .integer(12), "c": .text("x=y"), "d": .text(""),
            ])
    }

    @Test(arguments: [["a"], ["=1"], ["a=1", "a=2"], [""]])
    func refusesWhatHasNoNameOrTwoValues(_ words: [String]) {
        #expect(throws: ServingError.self) { try EngineOptions(words: words) }
    }
}
