/// `slipway_build_info`: always 1, with what was built in the labels.
public struct BuildInfoMetrics: MetricSource {
    private let labels: MetricLabels

    /// Shows the program's version and the Swift compiler's.
    public init(version: String, swift: String) {
        labels = MetricLabels(["version": version, "swift": swift])
    }

    public func write(to page: inout ExpositionWriter) {
        page.family("slipway_build_info", .gauge, "Always 1; the labels say what runs here.")
        page.sample(labels, 1)
    }
}
