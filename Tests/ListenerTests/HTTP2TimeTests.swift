import Inference
import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP1
import ServingCore
import Synchronization
import Testing

@testable import Listener

@Suite struct HTTP2TimeTests {
    @Test func endsACallAtItsDeadlineAndCancelsItsWork() throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        try wire.call(1, "/t.T/Silent", [("grpc-timeout", "250m")])
        let call = calls.calls[0]
        #expect(call.deadline.nanoseconds(since: call.received) == 250_000_000)
        wire.advance(.milliseconds(249))
        #expect(try wire.received().isEmpty)
        #expect(!call.cancellation.isCancelled)
        wire.advance(.milliseconds(1))
        #expect(try wire.status().code == "4")
        #expect(call.cancellation.isCancelled)
        calls.responders[0].respond(GRPCReply { $0.writeStaticString("late") })
        #expect(try wire.received().isEmpty)
    }

    @Test func aCallWhoseTimeIsUpNeverGetsToItsHandler() throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        for (stream, timeout) in [(1, "0n"), (3, "0H")] as [(UInt32, String)] {
            try wire.call(stream, "/t.T/Echo", [("grpc-timeout", timeout)])
            #expect(try wire.status().code == "4")
        }
        try wire.open(5, "/t.T/Echo", [("grpc-timeout", "5m")])
        wire.advance(.milliseconds(5))
        try wire.data(5, grpcFrame("late"), end: true)
        #expect(try wire.status().code == "4")
        #expect(calls.calls.isEmpty)
        try wire.call(7, "/t.T/Echo", [("grpc-timeout", "1n")])
        #expect(try wire.status().code == "0")
    }

    @Test func endsACallAtTheRequestTimeoutOfTheListener() throws {
        let wire = try HTTP2Wire(requestTimeout: .seconds(2))
        try wire.call(1, "/t.T/Silent", [("grpc-timeout", "1H")])
        wire.advance(.seconds(2))
        #expect(try wire.status().code == "4")
    }

    @Test func endsACallWhoseMessageDoesNotCome() throws {
        var limits = ListenerLimits()
        limits.bodyRead = .seconds(3)
        let wire = try HTTP2Wire(limits: limits)
        try wire.open(1)
        try wire.data(1, grpcFrame("hel", length: 5))
        wire.advance(.seconds(3))
        let frames = try wire.received()
        #expect(frames.first?.fields["grpc-status"] == "4")
        // And the client is told to send no more of it.
        #expect(frames.last?.kind == .reset && frames.last?.code == 0)
    }

    @Test(arguments: [true, false]) func aClientThatIsGoneCancels(_ closes: Bool) throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        try wire.call(1, "/t.T/Silent")
        try wire.open(3, "/t.T/Stream")
        if closes {
            wire.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            for stream in [1, 3] as [UInt32] {
                try wire.send(.reset, stream: stream, ByteBuffer(integer: UInt32(8)))
            }
        }
        #expect(calls.calls[0].cancellation.isCancelled)
        #expect(calls.streams[0].receiver.heard == ["cancelled"])
        #expect(wire.isOpen == !closes)
        let codes = wire.observer.records.withLock { $0.map(\.grpcStatus) }
        #expect(codes == [1, 1])
    }

    @Test func sendsAnIdleClientAway() throws {
        let wire = try HTTP2Wire()
        wire.advance(.seconds(50))
        try wire.call(1)
        _ = try wire.received()
        wire.advance(.seconds(74))
        #expect(try wire.received().isEmpty)
        #expect(wire.isOpen)
        wire.advance(.seconds(1))
        let away = try wire.received()
        #expect(away.map(\.kind) == [.goAway] && away[0].code == 0)
        wire.advance(.seconds(2))
        #expect(!wire.isOpen)
        #expect(wire.observer.events.last == "closed")
    }

    @Test(arguments: ["PRI", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r"])
    func timesOutHalfAPreface(_ beginning: String) throws {
        let wire = try HTTP2Wire(greets: false)
        try wire.send(ByteBuffer(string: beginning))
        wire.advance(.seconds(9))
        #expect(wire.isOpen)
        wire.advance(.seconds(3))
        #expect(!wire.isOpen)
    }

    @Test(arguments: [1, 5, 23]) func findsThePrefaceHoweverItIsCut(_ size: Int) throws {
        let wire = try HTTP2Wire(greets: false)
        var bytes = ByteBuffer(string: HTTP2Wire.preface)
        while bytes.readableBytes > 0,
            let piece = bytes.readSlice(
                length: min(size, bytes.readableBytes))
        {
            try wire.send(piece)
        }
        try wire.send(.settings)
        try wire.call(1)
        #expect(try wire.received().last?.fields == ["grpc-status": "0"])
    }

    @Test func drainsInTwoSteps() throws {
        let calls = RecordingCalls()
        let wire = try HTTP2Wire(calls)
        try wire.call(1, "/t.T/Silent")
        let whenEmpty = wire.channel.eventLoop.makePromise(of: Void.self)
        for connection in wire.registry.startDraining(whenEmpty) { connection.drain() }
        wire.channel.embeddedEventLoop.run()
        let first = try wire.received()
        #expect(first.map(\.kind) == [.goAway, .ping])
        #expect(
            first[0].payload.getInteger(at: first[0].payload.readerIndex, as: UInt32.self)
                == UInt32(Int32.max))
        // What the client sent before it knew is served.
        try wire.call(3)
        #expect(try wire.received().last?.fields == ["grpc-status": "0"])
        try wire.send(.ping, flags: 1, first[1].payload)
        let second = try wire.received()
        #expect(second.map(\.kind) == [.goAway])
        #expect(
            second.first.flatMap {
                $0.payload.getInteger(at: $0.payload.readerIndex, as: UInt32.self)
            } == 3)
        #expect(wire.isOpen)
        calls.responders[0].respond(GRPCReply { $0.writeStaticString("done") })
        #expect(try wire.received().last?.fields == ["grpc-status": "0"])
        wire.advance(.seconds(2))
        #expect(!wire.isOpen)
        try whenEmpty.futureResult.wait()
    }

    @Test func drainsAClientThatDoesNotAnswerPings() throws {
        let wire = try HTTP2Wire()
        let whenEmpty = wire.channel.eventLoop.makePromise(of: Void.self)
        for connection in wire.registry.startDraining(whenEmpty) { connection.drain() }
        wire.advance(.seconds(1))
        #expect(try wire.received().map(\.kind) == [.goAway, .ping, .goAway])
        wire.advance(.seconds(2))
        #expect(!wire.isOpen)
        try whenEmpty.futureResult.wait()
    }
}
