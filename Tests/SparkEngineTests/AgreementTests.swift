import EngineDocuments
import EngineInterface
import Inference
import ServingCore
import Tensors
import Testing

@testable import SparkEngine

/// Answers agree with those that Spark itself gave for the same rows.
///
/// Predictions, labels and indices are equal. Other numbers differ by at most 1e-12 of the larger of
/// 1 and their size: Spark adds products up in another order.
@Suite struct AgreementTests {
    private static let bound = 1e-12
    private static let exact: Set = ["prediction", "species", "shadeIndex", "bucket", "first"]

    @Test(arguments: Fixture.recorded.filter { $0 != "refused_sql" })
    func agreesWithSpark(name: String) throws {
        let recording = try Recording(name)
        #expect(recording.rowCount >= 40)
        let wanted = recording.outputs.keys.sorted()
        let source = try Fixture.pipeline(
            name, options: ["outputs": .text(wanted.joined(separator: ","))])
        let model = try Fixture.load(source)
        defer { model.unload() }
        let signature = model.declaration.signatures[0]
        #expect(Set(signature.inputs.map(\.name)) == Set(recording.inputs.keys))
        // All rows at once, and each by itself, as requests come.
        var parts = [0..<recording.rowCount]
        parts += (0..<recording.rowCount).map { $0..<$0 + 1 }
        for rows in parts {
            let inputs = try signature.inputs.map {
                try Fixture.tensor(try #require(recording.inputs[$0.name]), rows: rows)
            }
            let outputs = try Fixture.run(model, inputs)
            for (place, column) in wanted.enumerated() {
                try compare(
                    outputs[place], try #require(recording.outputs[column]), rows, column, name)
            }
        }
    }

    private func compare(
        _ output: Tensor, _ recorded: [DocumentValue], _ rows: Range<Int>, _ column: String,
        _ name: String
    ) throws {
        #expect(output.shape.leadingDimension == rows.count)
        if output.elementType == .bytes {
            #expect(BytesElements.strings(in: output) == recorded[rows].map { $0.string ?? "" })
            return
        }
        let wanted = recorded[rows].flatMap { $0.array ?? [$0] }.compactMap(\.double)
        let found =
            output.elementType == .int32
            ? output.values(as: Int32.self).map(Double.init) : output.values(as: Double.self)
        #expect(found.count == wanted.count, "\(name) \(column)")
        for (index, (left, right)) in zip(found, wanted).enumerated() {
            let isNear =
                left == right || (left.isNaN && right.isNaN)
                || (!Self.exact.contains(column) || name.hasPrefix("diabetes"))
                    && abs(left - right) <= Self.bound * max(1, abs(right))
            #expect(
                isNear, "\(name), \(column), row \(rows.lowerBound), \(index): \(left), \(right)")
        }
    }

    @Test func recordsPipelinesOfBothGenerations() {
        #expect(Fixture.recorded.count >= 25)
        #expect(Fixture.recorded.contains { $0.hasPrefix("spark3/") })
    }
}
