import ServingCore
import Synchronization

/// Hands out memory for loads, so that two loads at once cannot take the same free bytes.
///
/// A load holds its whole estimate until it has ended, though part of it shows as used already:
/// the sum errs on the safe side. Under a budget, what loaded versions were estimated at counts too.
final class MemoryLedger: Sendable {
    private struct State {
        var loading: [InstanceKey: Int] = [:]
        var loaded: [InstanceKey: (identity: ModelIdentity, bytes: Int)] = [:]
    }

    private let probe: any MemoryProbe
    private let budgetBytes: Int?
    private let state = Mutex(State())

    init(probe: any MemoryProbe, budgetBytes: Int?) {
        self.probe = probe
        self.budgetBytes = budgetBytes
    }

    /// Reserves memory for a load, in place of what the same load had reserved before.
    ///
    /// - Returns: nil when it is reserved; otherwise the reason why not, with the figures.
    func reserve(_ bytes: Int, for key: InstanceKey) -> String? {
        let available = probe.availableBytes()
        return state.withLock { state in
            let reserved = state.loading.reduce(0) { sum, entry in
                entry.key == key ? sum : Self.add(sum, entry.value)
            }
            let loaded = state.loaded.values.reduce(0) { Self.add($0, $1.bytes) }
            let free = max(0, available - reserved)
            let left = budgetBytes.map { max(0, $0 - Self.add(reserved, loaded)) } ?? .max
            guard bytes <= min(free, left) else {
                return Self.refusal(bytes, free, left, reserved, budgetBytes)
            }
            state.loading[key] = bytes
            return nil
        }
    }

    /// The load has ended; a version that was `loaded` goes on counting towards the budget.
    func loadEnded(_ key: InstanceKey, loaded: ModelIdentity?) {
        state.withLock { state in
            guard let bytes = state.loading.removeValue(forKey: key), let loaded else { return }
            state.loaded[key] = (loaded, bytes)
        }
    }

    /// The version's memory is free again.
    func unloaded(_ key: InstanceKey) {
        state.withLock { _ = $0.loaded.removeValue(forKey: key) }
    }

    /// What each loaded version was estimated to need; two instances of one version add up.
    var loadedBytes: [ModelIdentity: Int] {
        state.withLock { state in
            Dictionary(
                state.loaded.values.map { ($0.identity, $0.bytes) }, uniquingKeysWith: Self.add)
        }
    }

    private static func add(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }

    private static func refusal(
        _ bytes: Int, _ free: Int, _ left: Int, _ reserved: Int, _ budget: Int?
    ) -> String {
        var text = "it needs \(ByteCount(bytes).neededMebibytes) of memory, "
        if left < free, let budget {
            text +=
                "\(ByteCount(left).availableMebibytes) are left of the memory budget of "
                + ByteCount(budget).neededMebibytes
        } else {
            text += "\(ByteCount(free).availableMebibytes) are free"
        }
        if reserved > 0 {
            text += " (\(ByteCount(reserved).neededMebibytes) are reserved for loads under way)"
        }
        return text
            + "; unload something, or switch versions with resource_preserving, which unloads the "
            + "old version first"
    }
}

/// One instance of one model.
struct InstanceKey: Hashable, Sendable {
    let name: ModelName
    let id: InstanceID
}
