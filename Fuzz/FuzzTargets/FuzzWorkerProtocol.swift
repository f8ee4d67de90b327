import ServingCore
import WorkerProcess

/// Takes a frame of the protocol between server and worker, head and payload.
///
/// What is accepted and can be written must be written as it was read.
public func fuzzWorkerProtocol(_ bytes: UnsafeRawBufferPointer) {
    guard let frame = try? WorkerFrame(head: bytes),
        bytes.count == WorkerFrame.headBytes + frame.payloadBytes
    else { return }
    let payload = UnsafeRawBufferPointer(rebasing: bytes[WorkerFrame.headBytes...])
    switch frame.kind {
    case .run: _ = try? RunCommand(payload: payload)
    case .result: _ = try? ResultReply(payload: payload)
    case .load: _ = try? LoadCommand(payload: payload).frame(sequence: frame.sequence)
    case .failed: _ = try? FailedReply(payload: payload).frame(sequence: frame.sequence)
    case .loaded:
        same(bytes, try? LoadedReply(payload: payload).frame(sequence: frame.sequence))
    case .statisticsReply:
        same(bytes, try? StatisticsReply(payload: payload).frame(sequence: frame.sequence))
    case .cancel:
        same(bytes, try? CancelCommand(payload: payload).frame(sequence: frame.sequence))
    case .hello, .progress:
        guard let text = try? TextMessage.read(payload) else { return }
        same(bytes, try? TextMessage.frame(frame.kind, text, sequence: frame.sequence))
    case .statistics, .unload: break
    }
}

/// What could be read and written again is the same.
private func same(_ bytes: UnsafeRawBufferPointer, _ written: [UInt8]?) {
    guard let written else { return }
    promise(bytes.elementsEqual(written), "a message is written as it was read")
}
