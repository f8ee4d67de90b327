import NIOCore
import Testing

@testable import Telemetry

private func page(_ body: (inout ExpositionWriter) -> Void) -> String {
    var writer = ExpositionWriter()
    body(&writer)
    return String(buffer: writer.buffer)
}

@Test func writesTheTextFormatToTheLetter() {
    let histogram = Histogram(HistogramBuckets(bounds: [50_000, 1_000_000_000], scale: 1e9))
    histogram.record(50_000)
    histogram.record(50_001)
    histogram.record(2_500_000_000)
    let labels = MetricLabels(["model": "digits", "version": "2"])
    let text = page { page in
        page.family("slipway_requests_total", .counter, "Requests.")
        page.sample(labels.adding("outcome", "ok"), 12)
        page.sample(.none, 18_446_744_073_709_551_615 as UInt64)
        page.family("slipway_ratio", .gauge, "A ratio.")
        page.sample(labels, 0.25)
        page.family("slipway_run_duration_seconds", .histogram, "Runs.")
        page.sample(labels, histogram)
    }
    #expect(
        text == """
            # HELP slipway_requests_total Requests.
            # TYPE slipway_requests_total counter
            slipway_requests_total{model="digits",version="2",outcome="ok"} 12
            slipway_requests_total 18446744073709551615
            # HELP slipway_ratio A ratio.
            # TYPE slipway_ratio gauge
            slipway_ratio{model="digits",version="2"} 0.25
            # HELP slipway_run_duration_seconds Runs.
            # TYPE slipway_run_duration_seconds histogram
            slipway_run_duration_seconds_bucket{model="digits",version="2",le="5e-05"} 1
            slipway_run_duration_seconds_bucket{model="digits",version="2",le="1"} 2
            slipway_run_duration_seconds_bucket{model="digits",version="2",le="+Inf"} 3
            slipway_run_duration_seconds_sum{model="digits",version="2"} 2.500100001
            slipway_run_duration_seconds_count{model="digits",version="2"} 3

            """)
}

@Test func escapesHelpAndLabelValues() {
    let text = page { page in
        page.family("m", .gauge, "a \\ \"b\"\nc")
        page.sample(MetricLabels(["name": "a\\b\"c\nd"]), 1)
    }
    #expect(
        text == """
            # HELP m a \\\\ "b"\\nc
            # TYPE m gauge
            m{name="a\\\\b\\"c\\nd"} 1

            """)
}

@Test(arguments: [
    (0, "0"), (1, "1"), (-1.5, "-1.5"), (5e-05, "5e-05"), (1e16, "1e+16"),
    (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
])
func writesNumbersAsPrometheusReadsThem(value: Double, text: String) {
    #expect(ExpositionWriter.text(value) == text)
}

@Test func putsAValueIntoTheFirstBucketThatHoldsIt() {
    let buckets = HistogramBuckets(bounds: [10, 20, 30])
    let expected = [0: 0, 10: 0, 11: 1, 20: 1, 21: 2, 30: 2, 31: 3, UInt64.max: 3]
    for (value, index) in expected { #expect(buckets.index(of: value) == index) }
}

@Test func latencyBucketsReachFrom50MicrosecondsTo30Seconds() {
    let bounds = HistogramBuckets.latency.bounds
    #expect(bounds.first == 50_000)
    #expect(bounds.last == 30_000_000_000)
    // Beyond a factor of 2.5 between neighbours an interpolated quantile says little.
    for (low, high) in zip(bounds, bounds.dropFirst()) where high <= 5_000_000_000 {
        #expect(Double(high) / Double(low) <= 2.5)
    }
}
