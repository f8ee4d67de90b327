import Inference
import ServingCore
import TestSupport
import Tensors

/// Models that classify, each in another way.
enum ExampleModels {
    private static let batch = Dimension.dynamic(name: "batch")

    static func all(_ observer: RecordingObserver) throws -> [FakeServable] {
        [
            try iris(observer), try words(observer), try parser(observer),
            try mismatch(observer), try short(observer), try several(observer),
        ]
    }

    /// Scores, and the names of their columns from the file.
    private static func iris(_ observer: RecordingObserver) throws -> FakeServable {
        let plain = try TestModels.metadata(
            "iris", 1, inputs: [TestModels.specification("petal", .float32)],
            outputs: [
                TestModels.specification("output_label", .bytes),
                TestModels.specification("output_probability", .float32, [batch, .fixed(2)]),
            ])
        let metadata = ModelMetadata(
            identity: plain.identity, engine: plain.engine, platform: plain.platform,
            signatures: plain.signatures,
            properties: [("classes.output_probability", #"["setosa", 7]"#)])
        return FakeServable(metadata, observer: observer) { (inputs, wanted) throws(ServingError) in
            guard wanted == [1] else {
                throw ServingError(.internalError, "only the scores are wanted, not \(wanted)")
            }
            return [try matrix([0.75, 0.25], rows: inputs[0].shape.dimensions[0])]
        }
    }

    /// What TensorFlow's own classifiers give: the labels in every row, from the model.
    private static func words(_ observer: RecordingObserver) throws -> FakeServable {
        let metadata = try TestModels.metadata(
            "words", 1, inputs: [TestModels.specification("text", .bytes)],
            outputs: [
                TestModels.specification("scores", .float32, [batch, .fixed(2)]),
                TestModels.specification("classes", .bytes, [batch, .fixed(2)]),
            ])
        return FakeServable(metadata, observer: observer) { (inputs, wanted) throws(ServingError) in
            let rows = inputs[0].shape.dimensions[0]
            let scores = try matrix([1, 0], rows: rows)
            let classes = try texts(
                (0..<rows).flatMap { _ in ["good", "bad"] }, try Shape([rows, 2]))
            return wanted.map { [scores, classes][$0] }
        }
    }

    /// Takes serialised examples and says how long each is.
    private static func parser(_ observer: RecordingObserver) throws -> FakeServable {
        let metadata = try TestModels.metadata(
            "parser", 1, inputs: [TestModels.specification("inputs", .bytes)],
            outputs: [TestModels.specification("classes", .bytes)])
        return FakeServable(metadata, observer: observer) { (inputs, _) throws(ServingError) in
            var labels: [String] = []
            BytesElements.forEach(in: inputs[0]) { labels.append("\($0.count) bytes") }
            return [try texts(labels, inputs[0].shape)]
        }
    }

    /// Three classes and two scores.
    private static func mismatch(_ observer: RecordingObserver) throws -> FakeServable {
        let metadata = try TestModels.metadata(
            "mismatch", 1, inputs: [TestModels.specification("x", .float32)],
            outputs: [
                TestModels.specification("classes", .bytes, [batch, .fixed(3)]),
                TestModels.specification("scores", .float32, [batch, .fixed(2)]),
            ])
        return FakeServable(metadata, observer: observer) { (inputs, _) throws(ServingError) in
            [
                try texts(["a", "b", "c"], try Shape([1, 3])),
                try matrix([1, 0], rows: inputs[0].shape.dimensions[0]),
            ]
        }
    }

    /// One row of scores, whatever comes.
    private static func short(_ observer: RecordingObserver) throws -> FakeServable {
        let metadata = try TestModels.metadata(
            "short", 1, inputs: [TestModels.specification("x", .float32)],
            outputs: [TestModels.specification("scores", .float32, [batch, .fixed(2)])])
        return FakeServable(metadata, observer: observer) { (_, _) throws(ServingError) in
            [try matrix([1, 0], rows: 1)]
        }
    }

    /// Two signatures over one input: the one classifies, the other regresses.
    private static func several(_ observer: RecordingObserver) throws -> FakeServable {
        let inputs = [TestModels.specification("x", .float32)]
        let scores = TestModels.specification("scores", .float32, [batch, .fixed(2)])
        let outputs = TestModels.specification("outputs", .float32)
        let signatures = [(ModelSignature.defaultName, scores), ("value", outputs)]
        let metadata = ModelMetadata(
            identity: ModelIdentity(try ModelName("several"), ModelVersion(3)), engine: "fake",
            platform: "fake_platform",
            signatures: signatures.map { name, output in
                ModelSignature(
                    name: name, inputs: inputs, outputs: [output],
                    batching: ModelSignature.batching(inputs: inputs, outputs: [output]))
            })
        // The fake does not tell which signature is called: the number of rows does.
        return FakeServable(metadata, observer: observer) { (inputs, _) throws(ServingError) in
            let values = inputs[0].values(as: Float.self)
            if values.contains(where: { $0 < 0 }) {
                throw ServingError(.engineFailed, "no roots of negative numbers")
            }
            return [try matrix([values[0], -0.0], rows: 1)]
        }
    }

    static func matrix(_ row: [Float], rows: Int) throws(ServingError) -> Tensor {
        try Tensor(
            .float32, try Shape([rows, row.count]),
            values: (0..<rows).flatMap { _ in row })
    }

    static func texts(_ texts: [String], _ shape: Shape) throws(ServingError) -> Tensor {
        var bytes: [UInt8] = []
        for text in texts {
            withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { bytes += Array($0) }
            bytes += Array(text.utf8)
        }
        let memory = try TensorMemory.allocate(byteCount: bytes.count)
        bytes.withUnsafeBytes { memory.bytes.copyMemory(from: $0) }
        return try Tensor(.bytes, shape, memory.freeze())
    }
}
