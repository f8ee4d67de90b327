import NIOCore
import NIOHPACK
import NIOHTTP1
import ServingCore

/// Turns an answer into the bytes of a reply.
struct ReplyWriter {
    /// What the request asks of the form of its reply.
    struct Form {
        var isHead = false
        var keepsAlive = true
        /// HTTP/1.0 clients must be told that the connection stays open.
        var saysKeepAlive = false
        /// The client's `accept-encoding`; nil also when the configuration compresses nothing.
        var acceptEncoding: String?
    }

    /// Bodies up to this size are copied behind the head, so that one write takes both.
    private static let inlineBytesMaximum = 16 * 1024

    let context: LoopContext

    /// Serialises the head, and the body when it is small; returns the rest of the body.
    func write(_ response: HTTPResponse, _ form: Form) -> (ByteBuffer, rest: ByteBuffer?) {
        let isEligible = Self.isCompressible(response)
        let compressed = isEligible ? self.compressed(response, form) : nil
        let isCompressed = compressed != nil
        var body = compressed ?? response.body
        context.output.clear(minimumCapacity: 1024)
        writeStatus(response.status)
        writeFields(response.headers)
        if isEligible { context.output.writeStaticString("vary: accept-encoding\r\n") }
        if isCompressed { context.output.writeStaticString("content-encoding: gzip\r\n") }
        writeFraming(response.status, length: body.readableBytes, form)
        guard !form.isHead, response.status.mayHaveResponseBody, body.readableBytes > 0 else {
            return (context.output, nil)
        }
        guard body.readableBytes <= Self.inlineBytesMaximum else { return (context.output, body) }
        context.output.writeBuffer(&body)
        return (context.output, nil)
    }

    /// The head as HTTP/2 header fields, and the body in the form that is sent.
    func fields(_ response: HTTPResponse, _ form: Form) -> (HPACKHeaders, body: ByteBuffer) {
        let isEligible = Self.isCompressible(response)
        let compressed = isEligible ? self.compressed(response, form) : nil
        let body = compressed ?? response.body
        var fields = HPACKHeaders()
        fields.reserveCapacity(response.headers.count + 5)
        fields.add(name: ":status", value: String(response.status.code))
        for (name, value) in response.headers where !Self.isOurs(name) {
            fields.add(name: name.lowercased(), value: Self.clean(value))
        }
        if isEligible { fields.add(name: "vary", value: "accept-encoding") }
        if compressed != nil { fields.add(name: "content-encoding", value: "gzip") }
        if response.status.mayHaveResponseBody {
            fields.add(
                name: "content-length", value: String(body.readableBytes), indexing: .nonIndexable)
        }
        fields.add(name: "date", value: context.date.value())
        return (fields, body)
    }

    private func compressed(_ response: HTTPResponse, _ form: Form) -> ByteBuffer? {
        guard let accepted = form.acceptEncoding, AcceptEncoding.allowsGzip(accepted) else {
            return nil
        }
        return context.deflater.gzip(response.body)
    }

    /// A value without what could end the line: it may repeat what a client sent.
    private static func clean(_ value: String) -> String {
        let isClean = value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        guard !isClean else { return value }
        return String(
            decoding: value.utf8.map { $0 < 0x20 || $0 == 0x7F ? ByteClasses.space : $0 },
            as: UTF8.self)
    }

    private func writeStatus(_ status: HTTPResponseStatus) {
        switch status {
        case .ok: context.output.writeStaticString("HTTP/1.1 200 OK\r\n")
        default:
            context.output.writeString("HTTP/1.1 \(status.code) ")
            writeClean(status.reasonPhrase)
            context.output.writeStaticString("\r\n")
        }
    }

    private func writeFields(_ headers: HTTPHeaders) {
        for (name, value) in headers where !Self.isOurs(name) {
            writeClean(name)
            context.output.writeStaticString(": ")
            writeClean(value)
            context.output.writeStaticString("\r\n")
        }
    }

    /// Writes text without what could end the line: a value may repeat what a client sent.
    private func writeClean(_ text: String) {
        let start = context.output.writerIndex
        let count = context.output.writeString(text)
        let isClean = context.output.withUnsafeReadableBytes { bytes in
            ByteClasses.isFieldValue(.init(rebasing: bytes.suffix(count)))
        }
        if isClean { return }
        for index in start..<(start + count) {
            let byte = context.output.getInteger(at: index, as: UInt8.self) ?? 0
            if byte < 0x20 || byte == 0x7f {
                context.output.setInteger(ByteClasses.space, at: index)
            }
        }
    }

    private func writeFraming(_ status: HTTPResponseStatus, length: Int, _ form: Form) {
        if status.mayHaveResponseBody {
            context.output.writeStaticString("content-length: ")
            context.output.writeString(String(length))
            context.output.writeStaticString("\r\n")
        }
        var date = context.date.line()
        context.output.writeBuffer(&date)
        if !form.keepsAlive {
            context.output.writeStaticString("connection: close\r\n\r\n")
        } else if form.saysKeepAlive {
            context.output.writeStaticString("connection: keep-alive\r\n\r\n")
        } else {
            context.output.writeStaticString("\r\n")
        }
    }

    /// The fields that only the listener writes; a handler's own are dropped.
    private static func isOurs(_ name: String) -> Bool {
        switch name.utf8.count {
        case 4: name.lowercased() == "date"
        case 10: name.lowercased() == "connection"
        case 14: name.lowercased() == "content-length"
        case 17: name.lowercased() == "transfer-encoding"
        default: false
        }
    }

    /// Whether a body is text of a size that gains from compression.
    private static func isCompressible(_ response: HTTPResponse) -> Bool {
        guard response.body.readableBytes >= Limits.gzipBytesMinimum,
            response.status.mayHaveResponseBody,
            !response.headers.contains(name: "content-encoding"),
            let type = response.headers.first(name: "content-type")
        else { return false }
        let lowered = type.prefix { $0 != ";" }.lowercased()
        return lowered.hasPrefix("text/") || lowered.hasPrefix("application/json")
            || lowered.hasSuffix("+json") || lowered.hasPrefix("application/openmetrics-text")
    }
}
