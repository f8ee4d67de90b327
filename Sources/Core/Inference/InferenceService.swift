public import ServingCore

/// The one seam between protocols and whatever answers: models of this process today, with a
/// gateway's routing, retries and shadowing in front.
public protocol InferenceService: AnyObject, Sendable {
    /// Leases the version that a selector names; one lock or atomic read, no waiting.
    ///
    /// - Throws: `model_not_found`, `label_not_found`, or `model_not_ready` with the state that the
    ///   model is in and why.
    func acquire(_ selector: ModelSelector) throws(ServingError) -> ModelLease
}

/// What answers for one model version.
public protocol Servable: AnyObject, Sendable {
    /// Signatures and properties; they do not change while it is loaded.
    var metadata: ModelMetadata { get }
    /// Where the requests of this version are counted.
    var observer: any ModelObserver { get }
    /// Whether the latest prediction worked; one lock or atomic read.
    var health: ServableHealth { get }
    /// How its requests are scheduled; nil where nothing is scheduled.
    var schedulingPolicy: SchedulingPolicy? { get }

    /// Runs a request, now or when its turn comes.
    ///
    /// `completion` is called exactly once, on any thread, possibly before this returns; it must not
    /// block. A full queue, a passed deadline and bad input all come back through it.
    func submit(
        _ request: InferenceRequest,
        completion: @escaping @Sendable (Result<InferenceResponse, ServingError>) -> Void)
}

extension Servable {
    /// Nothing is known.
    public var schedulingPolicy: SchedulingPolicy? { nil }
}

/// Keeps a model version loaded while a request uses it; dropping the last reference gives it back.
public final class ModelLease: Sendable {
    /// What answers.
    public let servable: any Servable
    private let counter: LeaseCounter

    /// Takes over one count of the counter, which this object gives back.
    init(servable: any Servable, counter: LeaseCounter) {
        self.servable = servable
        self.counter = counter
    }

    deinit {
        counter.release()
    }
}

/// What the latest runs of a model version say about it.
public struct ServableHealth: Sendable {
    /// When a prediction last worked; nil when none has yet.
    public var lastSuccess: MonotonicTime?
    /// Runs that the engine has failed since then; a client's mistakes do not count.
    public var consecutiveFailures: Int
    /// The latest failure of the engine, while it is not followed by a success.
    public var lastError: ServingError?
    /// Why it cannot answer now, whatever its latest runs say; nil while it can. It ends by itself.
    public var condition: ServingError?

    /// Describes; by default a version of which nothing is known yet.
    public init(
        lastSuccess: MonotonicTime? = nil, consecutiveFailures: Int = 0,
        lastError: ServingError? = nil, condition: ServingError? = nil
    ) {
        self.lastSuccess = lastSuccess
        self.consecutiveFailures = consecutiveFailures
        self.lastError = lastError
        self.condition = condition
    }

    /// Ready means: a prediction has worked, none has failed since, and nothing else is in the way.
    public var isProven: Bool {
        lastSuccess != nil && consecutiveFailures == 0 && condition == nil
    }
}
