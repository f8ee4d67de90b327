public import ServingCore
public import Tensors

/// One question to a model: named inputs and what the answer should hold.
public struct InferenceRequest: Sendable {
    /// The signature to call; nil for the default.
    public var signatureName: String?
    /// The inputs; their order does not matter.
    public var inputs: [NamedTensor]
    /// The outputs wanted, in this order; nil for all in the model's order.
    public var outputNames: [String]?
    /// When the answer stops being of use; a request past it is never run.
    public var deadline: MonotonicTime?
    /// Tells the scheduler and the engine that nobody waits any more.
    public var cancellation: RequestCancellation?

    /// Asks a question.
    public init(
        signatureName: String? = nil, inputs: [NamedTensor], outputNames: [String]? = nil,
        deadline: MonotonicTime? = nil, cancellation: RequestCancellation? = nil
    ) {
        self.signatureName = signatureName
        self.inputs = inputs
        self.outputNames = outputNames
        self.deadline = deadline
        self.cancellation = cancellation
    }
}

/// A model's answer, with how long each stage took.
public struct InferenceResponse: Sendable {
    /// The outputs, in the order requested.
    public var outputs: [NamedTensor]
    /// Which version answered.
    public var identity: ModelIdentity
    /// Where the time went.
    public var timings: InferenceTimings

    /// Answers.
    public init(outputs: [NamedTensor], identity: ModelIdentity, timings: InferenceTimings) {
        self.outputs = outputs
        self.identity = identity
        self.timings = timings
    }
}

/// Where an answer's time went.
public struct InferenceTimings: Hashable, Sendable {
    /// Nanoseconds between submission and the start of the run.
    public var queueNanoseconds: UInt64
    /// Nanoseconds that the engine ran; shared by all requests of a batch.
    public var runNanoseconds: UInt64
    /// Requests that shared the run.
    public var batchedRequests: Int

    /// Records the stages.
    public init(queueNanoseconds: UInt64, runNanoseconds: UInt64, batchedRequests: Int) {
        self.queueNanoseconds = queueNanoseconds
        self.runNanoseconds = runNanoseconds
        self.batchedRequests = batchedRequests
    }
}
