import ServingCore

/// How the requests of one model version share its instances.
public struct SchedulingPolicy: Hashable, Sendable {
    /// Where a run happens.
    public enum Placement: String, Hashable, Sendable, CaseIterable {
        /// Fast models run on the thread that submits, slow ones on the pool; measured, with hysteresis.
        case automatic = "auto"
        /// Always on the pool.
        case pool
    }

    /// Rows that one run may hold; 1 switches batching off.
    public var batchRowsMaximum: Int
    /// Requests that may wait; one more is refused at once.
    public var queuedRequestsMaximum: Int
    /// Runs at a time; nil for what the engine and the CPU budget suggest.
    public var instances: Int?
    /// Where runs happen.
    public var placement: Placement
    /// What clients are told of the rows of a request, 0 for shapes without a batch dimension; nil for
    /// the rows of a run. It limits nothing.
    public var declaredRowsMaximum: Int?

    /// Chooses; the defaults suit most models.
    public init(
        batchRowsMaximum: Int, queuedRequestsMaximum: Int, instances: Int? = nil,
        placement: Placement = .automatic, declaredRowsMaximum: Int? = nil
    ) {
        self.batchRowsMaximum = batchRowsMaximum
        self.queuedRequestsMaximum = queuedRequestsMaximum
        self.instances = instances
        self.placement = placement
        self.declaredRowsMaximum = declaredRowsMaximum
    }
}

extension SchedulingPolicy {
    /// What a model gets that says nothing.
    public static let standard = SchedulingPolicy(
        batchRowsMaximum: Limits.batchRowsDefault,
        queuedRequestsMaximum: Limits.queuedRequestsDefault)
}
