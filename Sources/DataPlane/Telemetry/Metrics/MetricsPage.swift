public import NIOCore

/// Something that has metrics to show.
public protocol MetricSource: Sendable {
    /// Writes each of its families once; called for every scrape, on any thread, without blocking long.
    func write(to page: inout ExpositionWriter)
}

/// Everything that a scrape shows, in a fixed order.
///
/// No two sources may share a family: the text format wants a family's samples in one place.
public struct MetricsPage: Sendable {
    private let sources: [any MetricSource]

    /// Shows these sources, in this order.
    public init(_ sources: [any MetricSource]) {
        self.sources = sources
    }

    /// Writes the page as it is now.
    public func render() -> ByteBuffer {
        var writer = ExpositionWriter()
        for source in sources { source.write(to: &writer) }
        return writer.buffer
    }
}
