import Glibc
import ServingCore

/// Collects frames from a descriptor, whole ones only, however the system cuts the bytes.
struct FrameInbox {
    /// What a look at the descriptor found.
    enum Status {
        /// A whole frame lies ready; `consume` it before the next look.
        case complete(WorkerFrame)
        /// Nothing more is there now (never with a blocking descriptor).
        case incomplete
        /// The other side is gone.
        case ended
    }

    private static let usualBytes = 64 * 1024

    private var bytes = [UInt8](repeating: 0, count: 4096)
    private var count = 0

    /// Reads until a frame is whole, the descriptor has nothing more, or it ends.
    ///
    /// - Throws: `worker_failed` when a head breaks the protocol.
    mutating func fill(from descriptor: Int32) throws(ServingError) -> Status {
        while true {
            if let frame = try whole() { return .complete(frame) }
            if count == bytes.count { makeRoom() }
            let (start, room) = (count, bytes.count - count)
            let read = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + start }, room)
            }
            if read == 0 { return .ended }
            if read > 0 {
                count += read
            } else if errno == EAGAIN {
                return .incomplete
            } else if errno != EINTR {
                return .ended
            }
        }
    }

    /// Lends the payload of the frame that lies ready.
    func withPayload<Result, Failure: Error>(
        of frame: WorkerFrame, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let range = WorkerFrame.headBytes..<WorkerFrame.headBytes + frame.payloadBytes
        // Not the array's own closure: that does not carry a typed failure.
        let result: Swift.Result<Result, Failure> = bytes.withUnsafeBytes { buffer in
            do throws(Failure) {
                return .success(try body(UnsafeRawBufferPointer(rebasing: buffer[range])))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Forgets the frame that lay ready.
    mutating func consume(_ frame: WorkerFrame) {
        let length = WorkerFrame.headBytes + frame.payloadBytes
        if count > length {
            bytes.withUnsafeMutableBytes { buffer in
                guard let base = buffer.baseAddress else { return }
                memmove(base, base + length, count - length)
            }
        }
        count -= length
        // A large frame was the exception.
        if count == 0, bytes.count > Self.usualBytes { bytes = [UInt8](repeating: 0, count: 4096) }
    }

    private func whole() throws(ServingError) -> WorkerFrame? {
        guard count >= WorkerFrame.headBytes else { return nil }
        let head: Result<WorkerFrame, ServingError> = bytes.withUnsafeBytes { buffer in
            do throws(ServingError) {
                return .success(try WorkerFrame(head: buffer))
            } catch {
                return .failure(error)
            }
        }
        let frame = try head.get()
        return count >= WorkerFrame.headBytes + frame.payloadBytes ? frame : nil
    }

    private mutating func makeRoom() {
        let most = WorkerFrame.headBytes + WorkerFrame.payloadBytesMaximum
        let size = min(most, bytes.count * 4)
        bytes.append(contentsOf: repeatElement(0, count: size - bytes.count))
    }
}

/// Writes to descriptors.
enum FrameOutput {
    /// Writes everything to a blocking descriptor; false when the other side is gone.
    static func write(_ frame: [UInt8], to descriptor: Int32) -> Bool {
        frame.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let start = bytes.baseAddress.map { $0 + offset }
                let count = Glibc.write(descriptor, start, bytes.count - offset)
                if count > 0 {
                    offset += count
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}
