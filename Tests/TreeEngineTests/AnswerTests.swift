import EngineInterface
import Inference
import ServingCore
import Tensors
import Testing
import TreeEngine

/// Every model of the fixtures gives what its library gave.
@Suite struct AnswerTests {
    /// Margins are sums of the same numbers in the same order: not a bit may differ. Predictions pass
    /// through `exp`, which another C library may round otherwise.
    private static func isClose(_ a: Double, _ b: Double, ulps: Double, _ type: ElementType) -> Bool
    {
        if a == b || (a.isNaN && b.isNaN) { return true }
        let ulp =
            type == .float32 ? Double(Float(max(abs(a), abs(b))).ulp) : max(abs(a), abs(b)).ulp
        return abs(a - b) <= ulps * ulp
    }

    @Test(arguments: Fixture.names)
    func agreesWithTheLibrary(name: String) throws {
        let answers = try Fixture.answers(name)
        let outputs = ["prediction", "margin", "leaf", "contributions"].filter {
            answers.values($0) != nil
        }
        try Fixture.withModel(
            name, options: ["outputs": .text(outputs.joined(separator: ","))]
        ) { model, signature in
            let type = signature.inputs[0].elementType
            let results = try model.run(
                signature: signature, inputs: [answers.input(type)],
                outputIndices: Array(outputs.indices), cancellation: RunCancellation())
            for (output, result) in zip(outputs, results) {
                var wanted = try #require(answers.values(output))
                // Binary32 is written as short as it can be.
                if type == .float32 { wanted = wanted.map { Double(Float($0)) } }
                let got = result.numbers
                try #require(got.count == wanted.count, "\(output): \(result.shape)")
                let ulps: [String: Double] = ["prediction": 2, "margin": 0, "leaf": 0]
                var worst = 0.0
                let scale = wanted.map { abs($0) }.filter { $0.isFinite }.max() ?? 0
                for (a, b) in zip(got, wanted) {
                    if let ulps = ulps[output] {
                        let isRight = Self.isClose(a, b, ulps: ulps, type)
                        #expect(isRight, "\(output): \(a), not \(b)")
                        if !isRight { return }
                    } else {
                        worst = max(worst, abs(a - b))
                    }
                }
                // Sums of products in another order: a few roundings of the largest.
                let rounding = type == .float32 ? Double(Float(scale).ulp) : scale.ulp
                #expect(worst <= 64 * rounding, "\(output): \(worst / rounding) roundings off")
            }
        }
    }

    /// The same row gives the same bits alone and among others, however many there are.
    @Test(arguments: ["xgb_binary.json", "xgb_categories.ubj", "lgb_categories.txt", "lgb_ova.txt"])
    func givesARowTheSameAloneAndInABatch(name: String) throws {
        let answers = try Fixture.answers(name)
        try Fixture.withModel(name) { model, signature in
            let type = signature.inputs[0].elementType
            let input = try answers.input(type)
            let whole = try run(model, signature, input)
            let width = whole.count / answers.rows.count
            for count in [1, 2, 3, 4, 5, 7] {
                let part = try input.splittingRows([count, answers.rows.count - count])[0]
                #expect(try run(model, signature, part) == Array(whole.prefix(count * width)))
            }
            let many = try Tensor.concatenatingRows(Array(repeating: input, count: 21))
            let expected = Array(repeating: whole, count: 21).flatMap { $0 }
            #expect(try run(model, signature, many) == expected)
        }
    }

    private func run(
        _ model: any LoadedModel, _ signature: ModelSignature, _ input: Tensor
    ) throws -> [UInt64] {
        try model.run(
            signature: signature, inputs: [input], outputIndices: [0],
            cancellation: RunCancellation())[0].numbers.map(\.bitPattern)
    }
}
