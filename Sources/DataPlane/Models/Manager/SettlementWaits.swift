import ServingCore

/// Who waits for models to be loaded, or to be gone; a value that says whom to answer.
///
/// Bounded by its users: the administrator queues a bounded number of changes.
struct SettlementWaits {
    /// What is waited for.
    enum Goal: Sendable {
        /// Every wanted version answers.
        case available
        /// Nothing of the model is left in memory.
        case gone
    }

    /// One who waits for several models at once.
    struct Wait: Sendable {
        var goal: Goal
        var names: Set<ModelName>
        /// The moment at which waiting ends with `deadline_exceeded`.
        var deadline: MonotonicTime
        var completion: @Sendable (Result<Void, ServingError>) -> Void
    }

    /// An answer that is due.
    struct Answer: Sendable {
        let completion: @Sendable (Result<Void, ServingError>) -> Void
        let result: Result<Void, ServingError>

        func give() { completion(result) }
    }

    private var waits: [Wait] = []

    /// The earliest end of a wait; nil when nobody waits.
    var nextDeadline: MonotonicTime? { waits.map(\.deadline).min() }

    var isEmpty: Bool { waits.isEmpty }

    mutating func add(_ wait: Wait) { waits.append(wait) }

    /// Everything that is due now.
    ///
    /// - Parameters:
    ///   - machine: The machine of a model; nil when nothing of it is left.
    ///   - memoryMayCome: Whether something is being unloaded, so that a shortage may pass.
    mutating func answers(
        _ now: MonotonicTime, memoryMayCome: Bool, machine: (ModelName) -> ModelMachine?
    ) -> [Answer] {
        guard !waits.isEmpty else { return [] }
        var answers: [Answer] = []
        var left: [Wait] = []
        for var wait in waits {
            if let result = Self.result(&wait, now, memoryMayCome, machine) {
                answers.append(Answer(completion: wait.completion, result: result))
            } else {
                left.append(wait)
            }
        }
        waits = left
        return answers
    }

    /// Ends every wait: the server is going down.
    mutating func endAll() -> [Answer] {
        defer { waits = [] }
        let error = ServingError(.shuttingDown, "the server is shutting down")
        return waits.map { Answer(completion: $0.completion, result: .failure(error)) }
    }

    private static func result(
        _ wait: inout Wait, _ now: MonotonicTime, _ memoryMayCome: Bool,
        _ machine: (ModelName) -> ModelMachine?
    ) -> Result<Void, ServingError>? {
        for name in wait.names.sorted() {
            switch (wait.goal, machine(name)) {
            case (.gone, nil): wait.names.remove(name)
            case (.gone, .some): break
            case (.available, nil):
                return .failure(
                    ServingError(.cancelled, "model \(name) was unloaded before it was loaded"))
            case (.available, let machine?):
                guard machine.aspired != nil else {
                    return .failure(
                        ServingError(.cancelled, "model \(name) was unloaded before it was loaded"))
                }
                switch machine.settlement {
                case .available: wait.names.remove(name)
                case .failed(let error): return .failure(error)
                case .short(let error):
                    if !memoryMayCome { return .failure(error) }
                case .pending: break
                }
            }
        }
        if wait.names.isEmpty { return .success(()) }
        guard wait.deadline <= now else { return nil }
        return .failure(late(wait))
    }

    private static func late(_ wait: Wait) -> ServingError {
        let names = wait.names.sorted().prefix(5).map(\.text).joined(separator: ", ")
        let what =
            switch wait.goal {
            case .available: "still loading"
            case .gone: "still being unloaded, as requests may be using it"
            }
        return ServingError(
            .deadlineExceeded, "\(names): \(what) when the time to wait for it was up")
    }
}
