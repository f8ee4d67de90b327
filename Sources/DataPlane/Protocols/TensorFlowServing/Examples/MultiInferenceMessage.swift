import Inference
import NIOCore
import ServingCore
import Wire

/// `tensorflow.serving.MultiInferenceRequest`: tasks 1, input 2; a task has model_spec 1 and
/// method_name 2.
struct MultiInferenceMessage: Sendable {
    /// One task: a signature and what it does.
    struct Task: Sendable {
        var modelSpec = ModelSpecMessage()
        var methodName = ""
    }

    /// The tasks, in the order of their answers.
    private(set) var tasks: [Task] = []
    /// The rows, the same for all tasks.
    private(set) var input: ExampleInput

    /// Reads a message.
    ///
    /// - Throws: `invalid_request` for damage and for more tasks than a request has tensors.
    init(_ message: ByteBuffer) throws(ServingError) {
        input = ExampleInput(in: message)
        try message.withProtobufReader { (reader) throws(ServingError) in
            while let field = try reader.nextField() {
                switch field {
                case 1:
                    guard tasks.count < Limits.tensorsPerRequestMaximum else {
                        throw ServingError(
                            .invalidRequest,
                            "a request has at most \(Limits.tensorsPerRequestMaximum) tasks")
                    }
                    tasks.append(try Self.task(reader.message()))
                case 2: try input.merge(reader.message())
                default: try reader.skip()
                }
            }
        }
    }

    private static func task(_ reader: ProtobufReader) throws(ServingError) -> Task {
        var reader = reader
        var task = Task()
        while let field = try reader.nextField() {
            switch field {
            case 1: try task.modelSpec.merge(reader.message())
            case 2: task.methodName = try reader.string()
            default: try reader.skip()
            }
        }
        return task
    }

    /// The model of all tasks.
    ///
    /// - Throws: `invalid_request` when the first task names none.
    func model() throws(ServingError) -> ModelReference {
        try (tasks.first?.modelSpec ?? ModelSpecMessage()).reference()
    }

    /// Checks the tasks in the original's order (`multi_inference.cc`), and makes their requests.
    ///
    /// - Throws: `invalid_request` for several models, repeated or unknown signatures and
    ///   signatures that do not fit; `unsupported` for another method.
    func calls(_ metadata: ModelMetadata) throws(ServingError) -> [(InferenceRequest, ExampleCall)]
    {
        var calls: [(InferenceRequest, ExampleCall)] = []
        for task in tasks {
            try checkModel(of: task)
            let name =
                task.modelSpec.signatureName.isEmpty
                ? metadata.defaultSignature.name : task.modelSpec.signatureName
            guard !calls.contains(where: { $0.1.signatureName == name }) else {
                throw ServingError(
                    .invalidRequest, "Duplicate evaluation of signature: \(name.clipped())")
            }
            guard metadata.signatures.contains(where: { $0.name == name }) else {
                throw ServingError(
                    .invalidRequest,
                    "Requested signature not found in model graph: \(name.clipped())")
            }
            guard let method = ExampleMethod(rawValue: task.methodName) else {
                throw ServingError(
                    .unsupported,
                    "Unsupported signature method_name: \(task.methodName.clipped())")
            }
            calls.append(try ExampleCall.begin(method, signatureName: name, input, metadata))
        }
        return calls
    }

    private func checkModel(of task: Task) throws(ServingError) {
        guard !task.modelSpec.name.isEmpty else {
            throw ServingError(.invalidRequest, "Found ModelSpec with an empty model name.")
        }
        guard task.modelSpec.name == tasks.first?.modelSpec.name else {
            throw ServingError(
                .invalidRequest,
                "All ModelSpecs in a MultiInferenceRequest must access the same model name.")
        }
    }
}
