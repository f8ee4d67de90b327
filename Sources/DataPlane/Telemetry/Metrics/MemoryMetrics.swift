import Inference
public import ServingCore

/// The memory of each loaded version, where it is known.
public struct MemoryMetrics: MetricSource {
    private let memory: @Sendable () -> [(identity: ModelIdentity, bytes: Int)]

    /// Shows what the closure reports at each scrape; it must not block.
    public init(_ memory: @escaping @Sendable () -> [(identity: ModelIdentity, bytes: Int)]) {
        self.memory = memory
    }

    public func write(to page: inout ExpositionWriter) {
        page.family(
            "slipway_model_memory_bytes", .gauge,
            "Memory that the loaded version was estimated to need.")
        let versions = memory().sorted {
            ($0.identity.name, $0.identity.version) < ($1.identity.name, $1.identity.version)
        }
        for (identity, bytes) in versions {
            let labels = MetricLabels([
                "model": identity.name.text, "version": identity.version.description,
            ])
            page.sample(labels, bytes)
        }
    }
}
