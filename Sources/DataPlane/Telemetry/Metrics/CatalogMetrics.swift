public import Inference
import ServingCore

/// The states of models and versions, read from the catalog at each scrape.
public final class CatalogMetrics: MetricSource {
    private let catalog: any ModelCatalog
    private let endedVersionsMaximum: Int

    /// Shows a catalog; of each model's ended versions at most so many as the retention says.
    public init(_ catalog: any ModelCatalog, retention: SeriesRetention = .standard) {
        self.catalog = catalog
        endedVersionsMaximum = retention.endedVersionsMaximum
    }

    public func write(to page: inout ExpositionWriter) {
        let models = catalog.modelStatuses().sorted { $0.name < $1.name }
        page.family(
            "slipway_model_ready", .gauge,
            "Whether a request that names no version would be answered now (1) or not (0).")
        for model in models {
            page.sample(MetricLabels(["model": model.name.text]), model.isReady ? 1 : 0)
        }
        page.family(
            "slipway_model_failed_versions", .gauge,
            "Versions of the model that have given up loading.")
        for model in models {
            page.sample(MetricLabels(["model": model.name.text]), model.failedVersions)
        }
        page.family(
            "slipway_model_state", .gauge,
            "1 for the state that the version is in, 0 for the others.")
        for model in models {
            for version in shown(model.versions) { write(model, version, to: &page) }
        }
    }

    private func write(
        _ model: ModelStatus, _ version: VersionStatus, to page: inout ExpositionWriter
    ) {
        let labels = MetricLabels([
            "model": model.name.text, "version": version.version.description,
        ])
        for state in VersionState.allCases {
            page.sample(
                labels.adding("state", state.rawValue.lowercased()),
                version.state == state ? 1 : 0)
        }
    }

    /// All versions but the lowest of too many ended ones, lowest first.
    private func shown(_ versions: [VersionStatus]) -> [VersionStatus] {
        let sorted = versions.sorted { $0.version < $1.version }
        let ended = sorted.lazy.filter { $0.state == .end }.count
        var excess = ended - endedVersionsMaximum
        return sorted.filter { version in
            guard version.state == .end, excess > 0 else { return true }
            excess -= 1
            return false
        }
    }
}
