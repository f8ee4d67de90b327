import Inference
import ServingCore
import Tensors

/// What Triton calls a model's configuration, made from what is known of a loaded version.
struct ModelConfiguration: Sendable {
    /// An input or output.
    struct Tensor: Hashable, Sendable {
        /// The name.
        var name: String
        /// The element type.
        var elementType: ElementType
        /// The extents without the batch dimension; -1 for any.
        var dims: [Int]

        /// `TYPE_FP32` and so on.
        var dataType: String {
            elementType == .bytes ? "TYPE_STRING" : "TYPE_" + elementType.openInferenceName
        }

        /// The number of the type in `model_config.proto`.
        var dataTypeNumber: Int {
            switch elementType {
            case .bool: 1
            case .uint8: 2
            case .uint16: 3
            case .uint32: 4
            case .uint64: 5
            case .int8: 6
            case .int16: 7
            case .int32: 8
            case .int64: 9
            case .float16: 10
            case .float32: 11
            case .float64: 12
            case .bytes: 13
            case .bfloat16: 14
            }
        }
    }

    /// The model's name.
    let name: String
    /// The platform, as metadata gives it.
    let platform: String
    /// The engine.
    let backend: String
    /// Rows as the model's own configuration declares them, else those that one run may hold; 0 when
    /// shapes have no batch dimension.
    let maxBatchSize: Int
    let inputs: [Tensor]
    let outputs: [Tensor]
    /// Runs at a time; nil when nobody said.
    let instances: Int?
    /// What the model's file says of itself.
    let parameters: [(key: String, value: String)]

    /// Whether requests may share a run.
    let isBatching: Bool

    /// Describes a version that runs under a policy, if that is known.
    init(_ metadata: ModelMetadata, policy: SchedulingPolicy?) {
        let signature = metadata.defaultSignature
        let policy = policy ?? .standard
        let rowsMaximum = policy.declaredRowsMaximum ?? max(1, policy.batchRowsMaximum)
        let hasBatch = signature.batching == .leadingDimension && rowsMaximum > 0
        name = metadata.identity.name.text
        platform = metadata.platform
        backend = metadata.engine
        maxBatchSize = hasBatch ? rowsMaximum : 0
        isBatching = hasBatch && policy.batchRowsMaximum > 1
        inputs = signature.inputs.map { Self.tensor($0, hasBatch: hasBatch) }
        outputs = signature.outputs.map { Self.tensor($0, hasBatch: hasBatch) }
        instances = policy.instances
        parameters = metadata.properties
    }

    private static func tensor(_ specification: TensorSpecification, hasBatch: Bool) -> Tensor {
        var dims = specification.wireShape ?? [-1]
        if hasBatch, !dims.isEmpty { dims.removeFirst() }
        return Tensor(
            name: specification.name, elementType: specification.elementType, dims: dims)
    }
}

extension ModelConfiguration {
    /// The document of Triton's `config`.
    var document: ReplyDocument {
        var members: [(key: String, value: ReplyDocument)] = [
            ("name", .text(name)), ("platform", .text(platform)), ("backend", .text(backend)),
            (
                "version_policy",
                .object([("latest", .object([("num_versions", .integer(1))]))])
            ),
            ("max_batch_size", .integer(maxBatchSize)),
            ("input", .list(inputs.map { Self.document(of: $0, isInput: true) })),
            ("output", .list(outputs.map { Self.document(of: $0, isInput: false) })),
        ]
        if let instances {
            members.append(
                (
                    "instance_group",
                    .list([
                        .object([
                            ("name", .text(name + "_0")), ("kind", .text("KIND_CPU")),
                            ("count", .integer(instances)),
                        ])
                    ])
                ))
        }
        if isBatching { members.append(("dynamic_batching", .object([]))) }
        members.append(
            (
                "parameters",
                .object(
                    parameters.map { ($0.key, .object([("string_value", .text($0.value))])) })
            ))
        return .object(members)
    }

    private static func document(of tensor: Tensor, isInput: Bool) -> ReplyDocument {
        var members: [(key: String, value: ReplyDocument)] = [
            ("name", .text(tensor.name)), ("data_type", .text(tensor.dataType)),
        ]
        if isInput { members.append(("format", .text("FORMAT_NONE"))) }
        members.append(("dims", .list(tensor.dims.map { .integer($0) })))
        return .object(members)
    }
}
