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

    /// Runs a request, now or when its turn comes.
    ///
    /// `completion` is called exactly once, on any thread, possibly before this returns; it must not
    /// block. A full queue, a passed deadline and bad input all come back through it.
    func submit(
        _ request: InferenceRequest,
        completion: @escaping @Sendable (Result<InferenceResponse, ServingError>) -> Void)
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
