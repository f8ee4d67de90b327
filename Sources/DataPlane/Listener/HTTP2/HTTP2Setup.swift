import NIOCore
import NIOHPACK
import NIOHTTP2
import ServingCore

extension HTTPConnection.Setup {
    /// The frame layer of a connection, with limits on everything that a client can send cheaply.
    func makeFrameHandler(_ watch: any NIOHTTP2FrameDelegate) -> NIOHTTP2Handler {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(
                parameter: .maxConcurrentStreams, value: Limits.streamsPerConnectionMaximum),
            HTTP2Setting(parameter: .initialWindowSize, value: Limits.streamWindowBytes),
            HTTP2Setting(parameter: .maxFrameSize, value: Limits.frameBytesMaximum),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headerBytes),
        ]
        connection.maximumSequentialEmptyDataFrames = Limits.emptyFramesMaximum
        connection.maximumBufferedControlFrames = Limits.controlFramesMaximum
        // A header list of the full size, cut into frames of the default size.
        connection.maximumSequentialContinuationFrames = max(5, limits.headerBytes / 16_384 + 1)
        // Frames of a stream that this side has reset may still be under way.
        connection.maximumRecentlyResetStreams = 4 * Limits.streamsPerConnectionMaximum
        connection.controlFrameRateLimit.maximumCount = Limits.controlFramesMaximum
        connection.controlFrameRateLimit.windowLength = .seconds(1)
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.streamResetFrameRateLimit.maximumCount = Limits.streamResetsMaximum
        stream.streamResetFrameRateLimit.windowLength = .seconds(10)
        return NIOHTTP2Handler(
            mode: .server, frameDelegate: watch, connectionConfiguration: connection,
            streamConfiguration: stream)
    }
}

/// The bytes with which an HTTP/2 client begins (RFC 9113 section 3.4).
enum HTTP2Preface {
    /// What the first bytes of a connection are.
    enum Match { case whole, beginning, other }

    static let bytes = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// Compares the first bytes of a connection with the preface.
    static func match(_ input: ByteBuffer) -> Match {
        let view = input.readableBytesView.prefix(bytes.count)
        guard view.elementsEqual(bytes.prefix(view.count)) else { return .other }
        return view.count == bytes.count ? .whole : .beginning
    }
}

/// Header blocks that are the same for every call.
enum GRPCFields {
    /// The encodings that are read.
    static let acceptedEncodings = "identity,deflate,gzip"

    static let head: HPACKHeaders = [
        ":status": "200", "content-type": "application/grpc",
        "grpc-accept-encoding": acceptedEncodings,
    ]
    static let gzipHead: HPACKHeaders = [
        ":status": "200", "content-type": "application/grpc",
        "grpc-accept-encoding": acceptedEncodings, "grpc-encoding": "gzip",
    ]
    static let success: HPACKHeaders = ["grpc-status": "0"]
}
