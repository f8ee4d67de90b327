import NIOCore
import Wire

/// Reads any bytes as a call's messages, however the network cuts them.
///
/// The first byte is the limit on a message in units of 16 bytes. Messages must be within it, be the same
/// however the bytes are cut, and, framed again, be what was read.
public func fuzzGRPCMessages(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let limit = Int(first) * 16
    let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    let whole = messages(rest, limit: limit, pieceBytes: max(1, rest.count))
    var again = ByteBuffer()
    for message in whole.messages {
        promise(message.bytes.readableBytes <= limit, "a message is within the limit")
        again.writeInteger(message.isCompressed ? 1 : 0, as: UInt8.self)
        again.writeInteger(UInt32(message.bytes.readableBytes))
        again.writeImmutableBuffer(message.bytes)
    }
    promise(
        rest.starts(with: again.readableBytesView), "messages are the bytes between their prefixes")
    for pieceBytes in [1, 3, 64] {
        let cut = messages(rest, limit: limit, pieceBytes: pieceBytes)
        promise(cut.messages == whole.messages, "the same in pieces of \(pieceBytes)")
        promise(cut.failure == whole.failure, "the same failure in pieces of \(pieceBytes)")
    }
}

private func messages(
    _ bytes: UnsafeRawBufferPointer, limit: Int, pieceBytes: Int
) -> (messages: [GRPCMessageReader.Message], failure: GRPCMessageReader.Failure?) {
    var reader = GRPCMessageReader(limit: limit)
    var found: [GRPCMessageReader.Message] = []
    var start = 0
    do throws(GRPCMessageReader.Failure) {
        while start < bytes.count {
            let end = min(bytes.count, start + pieceBytes)
            reader.append(ByteBuffer(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<end])))
            start = end
            while let message = try reader.next() { found.append(message) }
        }
    } catch {
        return (found, error)
    }
    return (found, nil)
}
