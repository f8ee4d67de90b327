import Inference
import Listener
import NIOCore
import NIOHPACK
import ServingCore
import TestSupport
import Testing
import Wire

@testable import Protocols

@Suite struct ModelStreamInferTests {
    private static func request(_ model: String, id: String) -> ByteBuffer {
        InferMessage(model, id: id).input("x", "FP32", [1]) { $0.writeProtobuf(6, float: 1) }.buffer
    }

    /// The id and whether it is an error, of each answer.
    private static func answers(_ sink: RecordingSink) throws -> [String] {
        try sink.messages.map { message in
            let answer = try fields(message)
            let isError = answer.contains { $0.field == 1 }
            let response = try #require(answer.first { $0.field == 2 }).bytes
            let id = try fields(ByteBuffer(bytes: response)).first { $0.field == 3 }?.bytes ?? []
            return String(decoding: id, as: UTF8.self) + (isError ? "!" : "")
        }
    }

    @Test func everyMessageHasOneAnswerInOrder() throws {
        let server = try TestGRPC()
        let sink = RecordingSink()
        let stream = try server.open("ModelStreamInfer", sink)
        stream.received(Self.request("half_plus_two", id: "a"))
        stream.received(Self.request("nope", id: "b"))
        stream.received(Self.request("half_plus_two", id: "c"))
        #expect(sink.status == nil)
        stream.ended()
        #expect(try Self.answers(sink) == ["a", "b!", "c"])
        #expect(sink.status == .ok)
        #expect(sink.handled == 3)
    }

    @Test func anAnswerWaitsForEarlierOnes() throws {
        let server = try TestGRPC()
        let slow = try #require(
            try server.service.acquire(
                try ModelReference(name: "digits", choice: .latest)
                    .checkedSelector()
            ).servable as? FakeServable)
        slow.holdAnswers()
        let sink = RecordingSink()
        let stream = try server.open("ModelStreamInfer", sink)
        let pixels = InferMessage("digits", id: "slow").input("pixels", "FP32", [1, 4]) {
            $0.writeProtobuf(6) { $0.writeRepeatingByte(0, count: 16) }
        }
        stream.received(pixels.buffer)
        stream.received(Self.request("half_plus_two", id: "quick"))
        stream.ended()
        #expect(sink.messages.isEmpty)
        slow.releaseAnswers()
        #expect(try Self.answers(sink) == ["slow", "quick"])
        #expect(sink.status == .ok)
    }

    @Test func theFirstErrorEndsTheStreamIfTheClientAsks() throws {
        let server = try TestGRPC()
        let sink = RecordingSink()
        let stream = try server.open(
            "ModelStreamInfer", sink, metadata: ["triton_grpc_error": "true"])
        stream.received(Self.request("half_plus_two", id: "a"))
        stream.received(Self.request("nope", id: "b"))
        stream.received(Self.request("half_plus_two", id: "c"))
        #expect(try Self.answers(sink) == ["a"])
        #expect(sink.status?.code == .notFound)
    }

    @Test func cancellingStopsWhatStillRuns() throws {
        let server = try TestGRPC()
        let servable = try #require(
            try server.service.acquire(
                try ModelReference(name: "half_plus_two", choice: .latest)
                    .checkedSelector()
            ).servable as? FakeServable)
        servable.holdAnswers()
        let sink = RecordingSink()
        let stream = try server.open("ModelStreamInfer", sink)
        stream.received(Self.request("half_plus_two", id: "a"))
        stream.received(Self.request("half_plus_two", id: "b"))
        stream.cancelled()
        #expect(servable.submitted.allSatisfy { $0.cancellation?.isCancelled == true })
        servable.releaseAnswers()
        #expect(sink.messages.isEmpty)
        #expect(server.service.leases == 0)
    }

    @Test func orderFinishesOnceAndOnlyWhenEverythingIsAnswered() {
        var order = AnswerOrder<String>()
        let first = order.requested()
        let second = order.requested()
        order.ended()
        order.answered(second, "b")
        let may1 = order.beginSending()
        #expect(may1)
        let may2 = order.beginSending()
        #expect(!may2, "one thread sends at a time")
        guard case .wait = order.next() else {
            Issue.record("b waits for a")
            return
        }
        order.answered(first, "a")
        let may3 = order.beginSending()
        #expect(may3)
        var sent: [String] = []
        while case .send(let answer) = order.next() { sent.append(answer) }
        #expect(sent == ["a", "b"])
        let may4 = order.beginSending()
        #expect(may4, "the step after the last answer was the end")
        guard case .wait = order.next() else {
            Issue.record("the end is told once")
            return
        }
    }
}
