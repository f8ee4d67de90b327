import Synchronization

/// Goes up once, when the server begins to stop; health reads it.
final class DrainingFlag: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    func set() { flag.store(true, ordering: .relaxed) }
}
