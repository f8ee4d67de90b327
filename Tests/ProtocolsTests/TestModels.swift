import Inference
import ServingCore
import TestSupport
import Tensors

/// The models that the transcripts talk to.
enum TestModels {
    /// All of them, in a service of its own.
    static func service(observer: RecordingObserver = RecordingObserver()) throws -> FakeService {
        let service = FakeService()
        service.add(try halfPlusTwo(observer))
        service.add(try digits(1, observer), labels: [try VersionLabel("stable")])
        service.add(try digits(2, observer), labels: [try VersionLabel("canary")])
        service.add(try pair(observer))
        service.add(try oneRowMore(observer))
        service.add(try total(observer))
        service.add(try grid(observer))
        for model in try ExampleModels.all(observer) { service.add(model) }
        for type in ElementType.allCases { service.add(try identity(type, observer)) }
        service.add(
            try failing(
                "overloaded", ServingError(.overloaded, "full", retryAfter: .seconds(2)), observer))
        service.add(
            try failing("broken", ServingError(.engineFailed, "the engine says no"), observer))
        service.setStatus(
            ModelStatus(
                name: try ModelName("loading"),
                versions: [
                    VersionStatus(version: ModelVersion(4), state: .loading),
                    VersionStatus(
                        version: ModelVersion(3), state: .end,
                        error: ServingError(.modelInvalid, "\"model.onnx\" is cut short")),
                ],
                isReady: false, reason: "version 4 is loading"))
        service.setStatus(
            ModelStatus(name: try ModelName("empty"), versions: [], isReady: false))
        return service
    }

    static func metadata(
        _ name: String, _ version: Int64, inputs: [TensorSpecification],
        outputs: [TensorSpecification], signatures: [String] = [ModelSignature.defaultName]
    ) throws -> ModelMetadata {
        ModelMetadata(
            identity: ModelIdentity(try ModelName(name), ModelVersion(version)), engine: "fake",
            platform: "fake_platform",
            signatures: signatures.map { signature in
                ModelSignature(
                    name: signature, inputs: inputs, outputs: outputs,
                    batching: ModelSignature.batching(inputs: inputs, outputs: outputs))
            })
    }

    static func specification(
        _ name: String, _ type: ElementType, _ dimensions: [Dimension]? = [.dynamic(name: "batch")]
    ) -> TensorSpecification {
        TensorSpecification(name: name, elementType: type, dimensions: dimensions)
    }

    /// y = x / 2 + 2, with a second signature `halves`.
    static func halfPlusTwo(_ observer: RecordingObserver) throws -> FakeServable {
        let metadata = try metadata(
            "half_plus_two", 123, inputs: [specification("x", .float32)],
            outputs: [specification("y", .float32)],
            signatures: [ModelSignature.defaultName, "halves"])
        return FakeServable(metadata, observer: observer) { (inputs, _) throws(ServingError) in
            let values = inputs[0].values(as: Float.self).map { $0 / 2 + 2 }
            return [try Tensor(.float32, inputs[0].shape, values: values)]
        }
    }

    /// Four pixels in; label and probabilities out, the same for every row.
    static func digits(_ version: Int64, _ observer: RecordingObserver) throws -> FakeServable {
        let batch = Dimension.dynamic(name: "batch")
        let metadata = try metadata(
            "digits", version, inputs: [specification("pixels", .float32, [batch, .fixed(4)])],
            outputs: [
                specification("label", .int64),
                specification("probabilities", .float32, [batch, .fixed(2)]),
            ])
        return FakeServable(metadata, observer: observer) { (inputs, wanted) throws(ServingError) in
            let rows = inputs[0].shape.dimensions[0]
            let label = try Tensor(
                .int64, try Shape([rows]), values: [Int64](repeating: version, count: rows))
            let probabilities = try Tensor(
                .float32, try Shape([rows, 2]),
                values: (0..<rows).flatMap { _ in [Float(0.1), Float(0.9)] })
            return wanted.map { [label, probabilities][$0] }
        }
    }

    /// A number and a string in; both out, the string a second time under a name ending in `_bytes`.
    static func pair(_ observer: RecordingObserver) throws -> FakeServable {
        let metadata = try metadata(
            "pair", 1, inputs: [specification("a", .int32), specification("b", .bytes)],
            outputs: [
                specification("a", .int32), specification("b", .bytes),
                specification("b_bytes", .bytes),
            ])
        return FakeServable(metadata, observer: observer) { (inputs, wanted) throws(ServingError) in
            wanted.map { [inputs[0], inputs[1], inputs[1]][$0] }
        }
    }

    /// Two outputs with different numbers of rows.
    static func oneRowMore(_ observer: RecordingObserver) throws -> FakeServable {
        let metadata = try metadata(
            "one_row_more", 1, inputs: [specification("x", .float32)],
            outputs: [specification("y", .float32), specification("z", .float32)])
        return FakeServable(metadata, observer: observer) { (inputs, _) throws(ServingError) in
            [inputs[0], try Tensor.concatenatingRows([inputs[0], inputs[0]])]
        }
    }

    /// The sum of all values, as a scalar.
    static func total(_ observer: RecordingObserver) throws -> FakeServable {
        let metadata = try metadata(
            "total", 1, inputs: [specification("x", .float32)],
            outputs: [specification("sum", .float32, [])])
        return FakeServable(metadata, observer: observer) { (inputs, _) throws(ServingError) in
            let sum = inputs[0].values(as: Float.self).reduce(0, +)
            return [try Tensor(.float32, .scalar, values: [sum])]
        }
    }

    /// A batch of rows of any width, back as they came.
    static func grid(_ observer: RecordingObserver) throws -> FakeServable {
        let dimensions: [Dimension] = [.dynamic(name: "batch"), .dynamic(name: "width")]
        let metadata = try metadata(
            "grid", 1, inputs: [specification("x", .float32, dimensions)],
            outputs: [specification("y", .float32, dimensions)])
        return FakeServable(metadata, observer: observer) { (inputs, _) in [inputs[0]] }
    }

    /// `identity_FP32` and so on: whatever comes, of any rank.
    static func identity(_ type: ElementType, _ observer: RecordingObserver) throws -> FakeServable
    {
        let metadata = try metadata(
            "identity_\(type)", 1, inputs: [specification("x", type, nil)],
            outputs: [specification("y", type, nil)])
        return FakeServable(metadata, observer: observer) { (inputs, _) in [inputs[0]] }
    }

    static func failing(
        _ name: String, _ error: ServingError, _ observer: RecordingObserver
    ) throws -> FakeServable {
        let metadata = try metadata(
            name, 1, inputs: [specification("x", .float32)],
            outputs: [specification("y", .float32)])
        return FakeServable(metadata, observer: observer) { (_, _) throws(ServingError) in
            throw error
        }
    }
}
