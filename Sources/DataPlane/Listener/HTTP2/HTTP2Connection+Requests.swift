import Inference
import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2
import ServingCore

/// Ordinary requests: what HTTP/1.1 clients ask, over HTTP/2.
extension HTTP2Connection {
    func beginRequest(_ stream: HTTP2Stream) {
        stream.work = .http
        stream.method = HTTPMethod(rawValue: stream.headers.first(name: ":method") ?? "")
        stream.form.isHead = stream.method == .HEAD
        stream.deadline = stream.received.later(by: setup.requestTimeout)
        do throws(Refusal) {
            try admitRequest(stream)
        } catch {
            refuse(stream, error)
        }
    }

    private func admitRequest(_ stream: HTTP2Stream) throws(Refusal) {
        guard setup.handler != nil else {
            throw Refusal(
                .unsupportedMediaType,
                "this port serves gRPC only: a POST with content-type application/grpc is "
                    + "expected; REST has a port of its own, see 'listen.rest' of the server")
        }
        guard stream.headers.count <= setup.limits.headerFields + 4 else {
            throw Refusal(
                .requestHeaderFieldsTooLarge,
                "the request has more than \(setup.limits.headerFields) header fields, the limit")
        }
        try checkTarget(stream.path)
        if setup.compressReplies {
            stream.form.acceptEncoding = stream.headers.first(name: "accept-encoding")
        }
        stream.body = try RequestBody(
            FieldMeaning(stream.headers, limit: setup.limits.bodyBytes),
            limit: setup.limits.bodyBytes)
    }

    private func checkTarget(_ target: String) throws(Refusal) {
        guard target.utf8.count <= setup.limits.targetBytes else {
            throw Refusal(
                .uriTooLong,
                "the request's target is longer than \(setup.limits.targetBytes) bytes, the limit")
        }
        guard target.utf8.first == UInt8(ascii: "/") || target == "*",
            target.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw .bad("the request's target must be a path that begins with '/'")
        }
    }

    func receivedBodyBytes(_ bytes: ByteBuffer, _ stream: HTTP2Stream) {
        do throws(Refusal) {
            try stream.body?.append(bytes)
            guard let count = stream.body?.byteCount, count > BodyBudget.uncountedBytes else {
                return
            }
            let share = stream.share ?? BodyShare(of: setup.bodies)
            stream.share = share
            try share.cover(count)
        } catch {
            refuse(stream, error)
        }
    }

    /// The request is complete: to the handler.
    func dispatchRequest(_ stream: HTTP2Stream) {
        guard let handler = setup.handler, let body = stream.body else { return }
        let bytes: ByteBuffer
        do throws(Refusal) { bytes = try body.finish() } catch { return refuse(stream, error) }
        stream.body = nil
        stream.bytesIn = bytes.readableBytes
        stream.isWithHandler = true
        let headers = HTTPHeaders(stream.headers)
        stream.headers.removeAll()
        handler.handle(
            HTTPRequest(
                method: stream.method, target: stream.path, headers: headers, body: bytes,
                received: MonotonicTime(stream.received), deadline: MonotonicTime(stream.deadline),
                cancellation: stream.cancellation),
            HTTPResponder(sink: self, number: stream.number))
    }

    /// Answers a request that the handler never sees; the connection goes on.
    func refuse(_ stream: HTTP2Stream, _ refusal: Refusal) {
        guard !stream.outputEnded, !stream.isClosed else { return }
        let response = refusal.response
        stream.form.acceptEncoding = nil
        let (fields, body) = ReplyWriter(context: loopContext).fields(response, stream.form)
        writeReply(stream, response, fields, body, nil)
        setup.observer?.requestRefused(
            status: Int(refusal.status.code), record: makeRecord(stream, response))
        finishOutput(stream)
    }

    /// Answers a request.
    func end(_ stream: HTTP2Stream, _ response: HTTPResponse) {
        guard !stream.isClosed else { return }
        stream.share = nil
        let (fields, body) = ReplyWriter(context: loopContext).fields(response, stream.form)
        let written: EventLoopPromise<Void>?
        do throws(Refusal) { written = try count(body.readableBytes, stream) } catch {
            return refuse(stream, error)
        }
        writeReply(stream, response, fields, body, written)
        setup.observer?.requestFinished(
            status: Int(response.status.code), nanoseconds: nanosecondsTaken(stream),
            record: makeRecord(stream, response))
        finishOutput(stream)
    }

    private func writeReply(
        _ stream: HTTP2Stream, _ response: HTTPResponse, _ fields: HPACKHeaders,
        _ body: ByteBuffer, _ written: EventLoopPromise<Void>?
    ) {
        stream.outputEnded = true
        stream.lastProgress = eventLoop.now
        let hasBody =
            !stream.form.isHead && response.status.mayHaveResponseBody
            && body.readableBytes > 0
        write(.headers(.init(headers: fields, endStream: !hasBody)), on: stream.id)
        pings.didSend()
        guard hasBody else { return written?.succeed() ?? () }
        stream.bytesOut = response.body.readableBytes
        stream.unsentBytes = body.readableBytes
        write(.data(.init(data: .byteBuffer(body), endStream: true)), on: stream.id, written)
    }

    private func makeRecord(_ stream: HTTP2Stream, _ response: HTTPResponse) -> RequestRecord? {
        makeRecord(
            stream, status: Int(response.status.code), nil, method: stream.method.rawValue)
    }
}

extension FieldMeaning {
    /// What the fields of an HTTP/2 request say; the frame layer has checked their form, and will
    /// check that the body is as long as announced.
    init(_ headers: HPACKHeaders, limit: Int) throws(Refusal) {
        self.init()
        if let text = headers.first(name: "content-length"), let length = Int(text) {
            guard length <= limit else {
                throw Refusal(
                    .payloadTooLarge,
                    "the body has \(length) bytes, the limit is \(limit); send smaller batches")
            }
            framing = .length(length)
        } else {
            framing = .chunked
        }
        switch headers.first(name: "content-encoding")?.lowercased() {
        case nil, "", "identity": coding = .identity
        case "gzip", "x-gzip": coding = .gzip
        case "deflate": coding = .deflate
        case .some(let other):
            throw Refusal(
                .unsupportedMediaType,
                "content-encoding '\(other.clipped())' is not read here; send one of gzip, "
                    + "deflate, identity",
                headers: ["accept-encoding": "gzip, deflate, identity"])
        }
    }
}

extension HTTPHeaders {
    /// The fields as a handler knows them from HTTP/1.1: without pseudo-headers, with a host.
    fileprivate init(_ fields: HPACKHeaders) {
        self.init()
        reserveCapacity(fields.count)
        if !fields.contains(name: "host"), let host = fields.first(name: ":authority") {
            add(name: "host", value: host)
        }
        for (name, value, _) in fields where name.utf8.first != UInt8(ascii: ":") {
            add(name: name, value: value)
        }
    }
}
