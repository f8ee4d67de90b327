import NIOHTTP1
import ServingCore
import Synchronization

/// Bytes of request bodies that all connections of a listener hold at once: each body is within its
/// own limit, but thousands of them together must not take the machine's memory.
final class BodyBudget: Sendable {
    /// Bodies up to this size are not counted; the limit on connections bounds them.
    static let uncountedBytes = 64 * 1024
    /// Shares grow in steps, so that a long body does not go to the budget with each packet.
    static let stepBytes = 256 * 1024

    private let used = Atomic(0)
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// Bytes that are taken now.
    var usedBytes: Int { used.load(ordering: .relaxed) }

    /// Takes bytes if they are left.
    fileprivate func take(_ bytes: Int) -> Bool {
        let (_, sum) = used.wrappingAdd(bytes, ordering: .relaxed)
        if sum <= limit { return true }
        giveBack(bytes)
        return false
    }

    /// Takes bytes, however many they are, as long as less than the limit is taken.
    func takeWhole(_ bytes: Int) -> Bool {
        guard usedBytes < limit else { return false }
        used.wrappingAdd(bytes, ordering: .relaxed)
        return true
    }

    /// Gives back what was taken.
    func giveBack(_ bytes: Int) {
        used.wrappingSubtract(bytes, ordering: .relaxed)
    }
}

/// What one request's body has taken of the budget; dropping it gives everything back.
///
/// Used on its connection's event loop only.
final class BodyShare {
    private let budget: BodyBudget
    private var bytes = 0

    init(of budget: BodyBudget) {
        self.budget = budget
    }

    deinit {
        budget.giveBack(bytes)
    }

    /// Takes more, until the share covers a body of so many bytes.
    ///
    /// - Throws: 503 when the other requests leave too little; what was taken before stays taken.
    func cover(_ total: Int) throws(Refusal) {
        guard total > bytes else { return }
        let wanted = (total - bytes + BodyBudget.stepBytes - 1) / BodyBudget.stepBytes
        let step = wanted * BodyBudget.stepBytes
        guard budget.take(step) else {
            throw Refusal(
                .serviceUnavailable,
                "the bodies of all requests under way have reached their limit in memory; "
                    + "try again later, or raise limits.bodies",
                headers: ["retry-after": "1"])
        }
        bytes += step
    }
}
