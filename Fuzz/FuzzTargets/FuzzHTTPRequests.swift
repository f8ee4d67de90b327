import Listener

/// Reads any bytes as a connection's requests: heads, bodies with a length, chunks and trailers.
///
/// How the network cuts the bytes into pieces must not change what they mean.
public func fuzzHTTPRequests(_ bytes: UnsafeRawBufferPointer) {
    let whole = RequestTranscript(bytes, pieceBytes: bytes.count)
    for request in whole.requests {
        promise(
            request.target == "*" || request.target.utf8.first == UInt8(ascii: "/"),
            "a target is in origin form")
        promise(!request.method.isEmpty, "a request has a method")
        promise(
            !request.fields.contains { $0.utf8.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0 } },
            "no field can hold another")
    }
    if let refusal = whole.refusal {
        promise((400...505).contains(refusal.status), "a refusal has an error's status")
        promise(!refusal.message.isEmpty, "a refusal says what was wrong")
    }
    for pieceBytes in [1, 7] {
        promise(
            RequestTranscript(bytes, pieceBytes: pieceBytes) == whole,
            "the same in pieces of \(pieceBytes)")
    }
}
