import Inference
import ServingCore

/// The figures of Triton's dashboards under its names and labels: `nv_inference_*`.
///
/// Source: Triton's `docs/user_guide/metrics.md`. Durations are cumulative microseconds; what Triton
/// counts of GPUs, caches and its own input and output steps has no counterpart and is left out.
public struct TritonMetrics: MetricSource {
    private let metrics: ServerMetrics

    /// Shows the counters under Triton's names.
    public init(_ metrics: ServerMetrics) {
        self.metrics = metrics
    }

    private struct Counter: Sendable {
        let name: String
        let help: String
        let value: @Sendable (ModelStatistics) -> UInt64
    }

    private static let counters = [
        Counter(
            name: "nv_inference_request_success",
            help: "Number of successful inference requests, all batch sizes",
            value: { $0.success.count }),
        Counter(
            name: "nv_inference_count",
            help: "Number of inferences performed (does not include cached requests)",
            value: { $0.inferences }),
        Counter(
            name: "nv_inference_exec_count",
            help: "Number of model executions performed (does not include cached requests)",
            value: { $0.executions }),
        Counter(
            name: "nv_inference_request_duration_us",
            help: "Cumulative inference request duration in microseconds (includes cached "
                + "requests)", value: { $0.success.nanoseconds / 1000 }),
        Counter(
            name: "nv_inference_queue_duration_us",
            help: "Cumulative inference queuing duration in microseconds (includes cached "
                + "requests)", value: { $0.queue.nanoseconds / 1000 }),
        Counter(
            name: "nv_inference_compute_infer_duration_us",
            help: "Cumulative compute inference duration in microseconds (does not include cached "
                + "requests)", value: { $0.run.nanoseconds / 1000 }),
    ]

    public func write(to page: inout ExpositionWriter) {
        let models = metrics.allMetrics.map { version in
            let labels = MetricLabels([
                "model": version.identity.name.text,
                "version": version.identity.version.description,
            ])
            return (labels: labels, figures: version.statistics, depth: version.queueDepth.value)
        }
        for counter in Self.counters {
            page.family(counter.name, .counter, counter.help)
            for model in models { page.sample(model.labels, counter.value(model.figures)) }
        }
        page.family(
            "nv_inference_request_failure", .counter,
            "Number of failed inference requests, all batch sizes")
        for model in models {
            page.sample(model.labels.adding("reason", "OTHER"), model.figures.failure.count)
        }
        page.family(
            "nv_inference_pending_request_count", .gauge,
            "Instantaneous number of pending requests awaiting execution per-model.")
        for model in models { page.sample(model.labels, model.depth) }
    }
}
