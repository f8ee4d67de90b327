import Inference
import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2
import ServingCore
import Wire

/// One stream of a connection: a gRPC call or an ordinary request, from its head to its end.
///
/// It stays in its connection's table until the client has everything (or is gone) and the handler has
/// answered: a client that resets its streams cannot have more work done than one that waits.
/// Used on its connection's event loop only.
final class HTTP2Stream {
    /// What answers it.
    enum Work {
        case unary(any GRPCUnaryMethod)
        case streaming
        /// A gRPC call without a method: nobody but the connection answers it.
        case call
        case http
        /// It was answered before it got that far.
        case none
    }

    let id: HTTP2StreamID
    var work = Work.none
    let received: NIODeadline
    var deadline = NIODeadline.distantFuture
    /// When its last bytes came, or went.
    var lastProgress: NIODeadline

    // In
    var headers: HPACKHeaders
    /// `:path`, kept for the access log.
    var path = ""
    var userAgent: String?
    /// `:method` of an ordinary request.
    var method = HTTPMethod.POST
    var messages: GRPCMessageReader
    var coding = ContentCoding.identity
    var message: ByteBuffer?
    var body: RequestBody?
    var share: BodyShare?
    var receiver: (any GRPCStreamReceiver)?
    /// Whether `receiver` knows that the client sends no more messages.
    var hasToldEnd = false
    /// Sizes of the messages that `receiver` got and has not dealt with, the oldest first.
    var delivered: [Int] = []
    /// Their sum. A receiver may deal with them in another order; then it is right again at the end.
    var deliveredBytes = 0
    /// Whether messages are being delivered: a receiver that answers at once must not begin anew.
    var isDelivering = false
    /// Bytes that the client may still send.
    var window: Int
    var bytesIn = 0

    // Out
    var form = ReplyWriter.Form()
    var compressesReply = false
    var unsentBytes = 0
    var bytesOut = 0
    let cancellation = RequestCancellation()

    // Where it stands
    /// The client sends nothing more.
    var inputEnded = false
    /// The reply's head is out.
    var hasHead = false
    /// The reply's end is out, or waits only for the client to read.
    var outputEnded = false
    /// Neither side sends anything more.
    var isClosed = false
    /// The handler has it, and has not answered.
    var isWithHandler = false

    init(_ id: HTTP2StreamID, _ headers: HPACKHeaders, limits: ListenerLimits, now: NIODeadline) {
        self.id = id
        self.headers = headers
        received = now
        lastProgress = now
        messages = GRPCMessageReader(limit: limits.messageBytes)
        window = Limits.streamWindowBytes
    }

    var isGRPC: Bool {
        switch work {
        case .unary, .streaming, .call: true
        case .http, .none: false
        }
    }

    /// Whether the client reads gzip.
    var acceptsGzip: Bool {
        if coding == .gzip { return true }
        return headers.first(name: "grpc-accept-encoding")?.utf8.split(separator: 0x2C)
            .contains { $0.drop { $0 == 0x20 }.elementsEqual("gzip".utf8) } ?? false
    }

    /// The name that handlers answer to.
    var number: UInt64 { UInt64(UInt32(bitPattern: Int32(id))) }

    /// Whether nothing is left to wait for.
    var isOver: Bool { isClosed && !isWithHandler }

    /// Whether the client may send more now: a streaming call that is behind holds it back.
    var wantsInput: Bool {
        if inputEnded || isClosed || outputEnded { return false }
        if case .streaming = work { return mayDeliver }
        return true
    }

    /// Whether the receiver may get another message: neither its work nor its answers pile up.
    var mayDeliver: Bool {
        delivered.count < Limits.messagesInFlightPerStream
            && deliveredBytes <= Limits.connectionWindowBytes
            && unsentBytes <= Limits.streamWindowBytes
    }

    /// When the connection must look at it again.
    func due(_ limits: ListenerLimits) -> NIODeadline {
        if isClosed || outputEnded, !isWithHandler {
            return lastProgress.later(by: limits.replyWrite)
        }
        if isClosed || outputEnded { return lastProgress.later(by: limits.answerGrace) }
        var due = deadline
        if case .http = work, isWithHandler { due = deadline.later(by: limits.answerGrace) }
        if unsentBytes > 0 { due = min(due, lastProgress.later(by: limits.replyWrite)) }
        if !inputEnded, receiver == nil { due = min(due, lastProgress.later(by: limits.bodyRead)) }
        return due
    }
}
