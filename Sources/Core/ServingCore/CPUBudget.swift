/// How many processors this process may use; it sizes event loops and every engine's own pools.
///
/// The one instance is made at start from the cgroup quota and the affinity mask.
public struct CPUBudget: Hashable, Sendable {
    /// Whole processors, at least 1; a quota of 1.5 rounds up to 2.
    public let processors: Int

    /// Clamps to at least one processor.
    public init(processors: Int) {
        self.processors = max(1, processors)
    }
}
