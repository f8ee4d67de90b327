import Glibc
import ServingCore
import Tensors
import Testing

@testable import WorkerProcess

/// Frames, as they come out of a pipe.
@Suite struct FrameTests {
    @Test(
        arguments: [
            ([0, 0, 0, 0, 0x55, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], "unknown kind 85"),
            ([0, 0, 0, 0, 0x90, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0], "version 2"),
            ([1, 0, 16, 0, 0x90, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], "1048577 bytes"),
            ([0, 0, 0, 0, 0x90, 0, 1, 0], "16 bytes"),
        ] as [([UInt8], String)])
    func refusesAHeadThatBreaksARule(bytes: [UInt8], words: String) {
        let error = #expect(throws: ServingError.self) {
            try bytes.withUnsafeBytes { _ = try WorkerFrame(head: $0) }
        }
        #expect(error?.message.contains(words) == true)
        #expect(error?.code == .workerFailed)
    }

    @Test func findsFramesHoweverTheirBytesAreCut() throws {
        let texts = ["one", String(repeating: "two", count: 30_000), ""]
        let bytes = try texts.flatMap { try TextMessage.frame(.progress, $0, sequence: 4) }
        var ends: [Int32] = [0, 0]
        // Closed in the processes that other tests start meanwhile: the end would not come otherwise.
        let isMade =
            pipe(&ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0
            && fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 && fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0
        try #require(isMade)
        defer { close(ends[0]) }
        var inbox = FrameInbox()
        var seen: [String] = []
        var offset = 0
        while offset < bytes.count {
            // Sizes that cut heads as well as payloads.
            let size = min(bytes.count - offset, 1 + (offset * 7) % 4001)
            offset += bytes[offset..<offset + size].withUnsafeBytes {
                write(ends[1], $0.baseAddress, size)
            }
            while case .complete(let frame) = try inbox.fill(from: ends[0]) {
                seen.append(try inbox.withPayload(of: frame) { try TextMessage.read($0) })
                inbox.consume(frame)
            }
        }
        #expect(seen == texts)
        close(ends[1])
        var item = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
        #expect(poll(&item, 1, 60_000) == 1)
        guard case .ended = try inbox.fill(from: ends[0]) else {
            Issue.record("the end is seen")
            return
        }
    }

    @Test func aPayloadBeyondTheLimitIsNotWritten() {
        let text = String(repeating: "x", count: WorkerFrame.payloadBytesMaximum)
        let error = #expect(throws: ServingError.self) {
            _ = try TextMessage.frame(.progress, text, sequence: 1)
        }
        #expect(error?.code == .requestTooLarge)
    }

    @Test func smallTensorsGoInlineAndLargeOnesAtMultiplesOf64() throws {
        func tensor(_ count: Int) throws -> Tensor {
            try Tensor(.uint8, .vector(count), values: [UInt8](repeating: 1, count: count))
        }
        let tensors = try [4096, 4097, 10, 5000].map(tensor)
        let placement = try TensorPlacement(tensors, from: 0)
        #expect(placement.offsets == [-1, 0, -1, 4160] && placement.end == 9216)
        let many = try Array(repeating: tensor(4096), count: 40)
        let inline = try TensorPlacement(many, from: 0).offsets.count { $0 < 0 }
        #expect(inline < 16 && inline > 10, "a message stays below what a pipe takes at once")
    }

    @Test func sharedMemoryGrowsAndIsNeverReadBeyondItsEnd() throws {
        var template = Array("/tmp/slipway-memory-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        try #require(file >= 0)
        unlink(template)
        let (memory, other) = (SharedMemory(file: file), SharedMemory(file: dup(file)))
        #expect(try memory.view(offset: 0, count: 1) == nil)
        let small = try memory.room(for: 100)
        small.bytes[99] = 7
        #expect(try other.view(offset: 99, count: 1)?.bytes[99] == 7)
        #expect(try memory.view(offset: 1 << 20, count: 1) == nil)
        #expect(try memory.view(offset: Int.max, count: 2) == nil)
        #expect(try memory.view(offset: -1, count: 1) == nil)
        #expect(try memory.room(for: 3 << 20).bytes.count == 3 << 20)
        #expect(small.bytes[99] == 7, "a view outlives the growth")
        #expect(try other.view(offset: (3 << 20) - 1, count: 1) != nil)
        #expect(throws: ServingError.self) { try memory.room(for: (4 << 30) + 1) }
    }
}
