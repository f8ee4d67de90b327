import Glibc
import Inference
import ServingCore

/// The figures of TensorFlow Serving's dashboards under its names, labels and buckets.
///
/// Source: `tensorflow_serving/servables/tensorflow/util.cc` and `util/prometheus_exporter.cc`. They
/// have no version label: versions of a model are added up, and gone versions' counts go with them.
/// Requests of all protocols count. Metrics of the original that have no counterpart are left out.
public struct TensorFlowServingMetrics: MetricSource {
    private let metrics: ServerMetrics

    /// Shows the counters under TensorFlow Serving's names.
    public init(_ metrics: ServerMetrics) {
        self.metrics = metrics
    }

    public func write(to page: inout ExpositionWriter) {
        let models = Self.byModel(metrics.allMetrics)
        writeCounts(models, to: &page)
        page.family(
            ":tensorflow:serving:request_latency", .histogram,
            "Distribution of wall time (in microseconds) for Tensorflow Serving request.")
        for (name, versions) in models {
            let labels = MetricLabels(["model_name": name, "API": "Predict"])
            page.sample(
                labels.adding("entrypoint", "GRPC"), merged: versions.map(\.grpcLatency))
            page.sample(
                labels.adding("entrypoint", "REST"), merged: versions.map(\.restLatency))
        }
        page.family(
            ":tensorflow:serving:runtime_latency", .histogram,
            "Distribution of wall time (in microseconds) for Tensorflow runtime.")
        for (name, versions) in models {
            page.sample(
                MetricLabels(["model_name": name, "API": "Predict", "runtime": "slipway"]),
                merged: versions.map(\.runtimeLatency))
        }
    }

    private func writeCounts(
        _ models: [(name: String, versions: [ModelMetrics])], to page: inout ExpositionWriter
    ) {
        page.family(
            ":tensorflow:serving:request_count", .counter, "The total number of requests.")
        for (name, versions) in models {
            var counts: [String: UInt64] = ["OK": 0]
            for version in versions {
                for wire in WireProtocol.allCases {
                    counts["OK", default: 0] &+= version.requestCount(wire, outcome: nil)
                    for code in ErrorCode.allCodes {
                        let count = version.requestCount(wire, outcome: code)
                        guard count > 0 else { continue }
                        counts[Self.statusName(of: code), default: 0] &+= count
                    }
                }
            }
            for (status, count) in counts.sorted(by: { $0.key < $1.key }) {
                page.sample(MetricLabels(["model_name": name, "status": status]), count)
            }
        }
    }

    private static func byModel(_ versions: [ModelMetrics])
        -> [(name: String, versions: [ModelMetrics])]
    {
        var result: [(name: String, versions: [ModelMetrics])] = []
        for version in versions {
            let name = version.identity.name.text
            if result.last?.name == name {
                result[result.count - 1].versions.append(version)
            } else {
                result.append((name, [version]))
            }
        }
        return result
    }

    /// The canonical code under which TensorFlow Serving would count an error.
    static func statusName(of code: ErrorCode) -> String {
        switch code {
        case .modelNotFound, .routeNotFound: "NOT_FOUND"
        case .modelNotReady, .workerFailed, .shuttingDown, .addressUnavailable: "UNAVAILABLE"
        case .overloaded, .resourceExhausted: "RESOURCE_EXHAUSTED"
        case .deadlineExceeded: "DEADLINE_EXCEEDED"
        case .cancelled: "CANCELLED"
        case .unsupported: "UNIMPLEMENTED"
        case .engineFailed, .internalError, .modelInvalid, .libraryMissing, .fileUnreadable:
            "INTERNAL"
        case .configurationInvalid: "FAILED_PRECONDITION"
        default: "INVALID_ARGUMENT"
        }
    }
}

extension HistogramBuckets {
    /// 33 bounds from 10 us, each 1.8 times the last; recorded in nanoseconds, shown in microseconds
    /// with six digits, as the original's exporter prints them.
    static let tensorFlowServing: HistogramBuckets = {
        let bounds = (0..<33).map { 10 * pow(1.8, Double($0)) }
        return HistogramBuckets(
            bounds: bounds.map { UInt64(($0 * 1000).rounded()) }, scale: 1000,
            texts: bounds.map(sixDigits))
    }()

    /// C's `%g`.
    static func sixDigits(_ value: Double) -> String {
        var buffer = [CChar](repeating: 0, count: 32)
        let count = withVaList([value]) { vsnprintf(&buffer, buffer.count, "%g", $0) }
        return String(
            decoding: buffer.prefix(max(0, Int(count))).map { UInt8(bitPattern: $0) },
            as: UTF8.self)
    }
}

extension ExpositionWriter {
    /// Writes histograms of equal buckets as one: the versions of a model.
    mutating func sample(_ labels: MetricLabels, merged histograms: [Histogram]) {
        guard let first = histograms.first else { return }
        guard histograms.count > 1 else { return sample(labels, first) }
        let sum = Histogram(first.buckets)
        for histogram in histograms { sum.add(histogram) }
        sample(labels, sum)
    }
}
