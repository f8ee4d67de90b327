public import NIOCore

/// Writes a page in Prometheus' text format 0.0.4, straight into a `ByteBuffer`.
///
/// Source: prometheus.io/docs/instrumenting/exposition_formats, "Text-based format". All samples of
/// a family must follow its `family` line before the next one starts.
public struct ExpositionWriter {
    /// What a family's numbers mean.
    public enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// The `content-type` of a page.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The page so far.
    public private(set) var buffer: ByteBuffer
    private var family = ""

    /// Starts an empty page.
    public init(capacity: Int = 16 * 1024) {
        buffer = ByteBuffer()
        buffer.reserveCapacity(capacity)
    }

    /// Starts a family: its `HELP` and `TYPE` lines.
    public mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        family = name
        buffer.writeString("# HELP \(name) ")
        for byte in help.utf8 {
            switch byte {
            case 0x5C: buffer.writeString("\\\\")
            case 0x0A: buffer.writeString("\\n")
            default: buffer.writeInteger(byte)
            }
        }
        buffer.writeString("\n# TYPE \(name) \(kind.rawValue)\n")
    }

    /// Writes a sample of the present family.
    public mutating func sample(_ labels: MetricLabels = .none, _ value: some BinaryInteger) {
        line("", labels, String(value))
    }

    /// Writes a sample of the present family.
    public mutating func sample(_ labels: MetricLabels = .none, _ value: Double) {
        line("", labels, Self.text(value))
    }

    /// Writes all samples of one histogram of the present family.
    public mutating func sample(_ labels: MetricLabels = .none, _ histogram: Histogram) {
        let counts = histogram.bucketCounts
        var total: UInt64 = 0
        for (index, bound) in histogram.buckets.bounds.enumerated() {
            total &+= counts[index]
            let le =
                histogram.buckets.texts?[index]
                ?? Self.text(Double(bound) / histogram.buckets.scale)
            line("_bucket", labels.adding("le", le), String(total))
        }
        total &+= counts.last ?? 0
        line("_bucket", labels.adding("le", "+Inf"), String(total))
        let sum = Double(histogram.sum) / histogram.buckets.scale
        line("_sum", labels, Self.text(sum))
        line("_count", labels, String(total))
    }

    private mutating func line(_ suffix: String, _ labels: MetricLabels, _ value: String) {
        buffer.writeString(family)
        buffer.writeString(suffix)
        if !labels.text.isEmpty {
            buffer.writeString("{")
            buffer.writeString(labels.text)
            buffer.writeString("}")
        }
        buffer.writeString(" ")
        buffer.writeString(value)
        buffer.writeString("\n")
    }

    /// The shortest text that reads back as the same number; whole ones without a fraction.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
