import EngineInterface
import Inference
import ServingCore
import Tensors
import Testing

@testable import WorkerProcess

/// Messages as bytes: what is written is read, and nothing else is.
@Suite struct MessageTests {
    static let identity = ModelIdentity(name("digits"), ModelVersion(3))

    static func name(_ text: String) -> ModelName {
        guard let name = try? ModelName(text) else { fatalError("a name") }
        return name
    }

    static let declaration = LoadedModelDeclaration(
        platform: "slipway_builtin",
        signatures: [
            ModelSignature(
                inputs: [
                    TensorSpecification(
                        name: "x", elementType: .float32,
                        dimensions: [.dynamic(name: "n"), .dynamic(name: nil), .fixed(64)]),
                    TensorSpecification(name: "t", elementType: .bytes, dimensions: nil),
                ],
                outputs: [TensorSpecification(name: "y", elementType: .bool, dimensions: [])],
                batching: .none(reason: "it keeps state")),
            ModelSignature(name: "other", inputs: [], outputs: [], batching: .leadingDimension),
        ], properties: [(key: "producer", value: "test"), (key: "licence", value: "ĝ")])

    static let load = LoadCommand(
        engine: "builtin", identity: identity, directory: "/models/digits/3", entry: "model.builtin",
        options: EngineOptions([
            "flag": .boolean(true), "number": .integer(-5), "text": .text("x"),
            "map": .mapping(["a": "b", "c": ""]),
        ]), processors: 4, libraryDirectories: ["/opt/lib", ""],
        parameters: [(name: "policy", value: "strict")])

    @Test func aLoadIsReadAsItWasWritten() throws {
        let read = try Self.payload(Self.load.frame(sequence: 9), .load) {
            try LoadCommand(payload: $0)
        }
        #expect(read.engine == "builtin" && read.identity == Self.identity)
        #expect(read.directory == "/models/digits/3" && read.entry == "model.builtin")
        #expect(read.options == Self.load.options && read.processors == 4)
        #expect(read.libraryDirectories == ["/opt/lib", ""])
        #expect(read.parameters.map(\.name) == ["policy"])
    }

    @Test func aDeclarationIsReadAsItWasWritten() throws {
        let reply = LoadedReply(declaration: Self.declaration, runsAtATime: 900)
        let read = try Self.payload(reply.frame(sequence: 1), .loaded) {
            try LoadedReply(payload: $0)
        }
        #expect(read.runsAtATime == 64, "more than 64 are never asked for")
        #expect(read.declaration.platform == "slipway_builtin")
        #expect(read.declaration.properties.map(\.value) == ["test", "ĝ"])
        let (left, right) = (read.declaration.signatures, Self.declaration.signatures)
        #expect(left.map(\.name) == right.map(\.name))
        #expect(left.map(\.inputs) == right.map(\.inputs))
        #expect(left.map(\.outputs) == right.map(\.outputs))
        #expect(left.map(\.batching) == right.map(\.batching))
    }

    @Test(arguments: ErrorCode.allCodes)
    func anErrorKeepsItsCodeSourceAndPause(code: ErrorCode) throws {
        let error = ServingError(code, "no", source: .model, retryAfter: .milliseconds(5))
        let read = try Self.payload(FailedReply(error).frame(sequence: 1), .failed) {
            try FailedReply(payload: $0).error
        }
        #expect(read == error && read.source == .model && read.retryAfter == .milliseconds(5))
    }

    @Test func anUnknownCodeIsTheEnginesFault() throws {
        var writer = PayloadWriter()
        for text in ["odd_code", "odd_source", "words"] { writer.text(text) }
        writer.integer(UInt64(0))
        let read = try Self.payload(writer.finish(.failed, sequence: 1), .failed) {
            try FailedReply(payload: $0).error
        }
        #expect(read.code == .engineFailed && read.retryAfter == nil && read.source == .engine)
    }

    @Test func numbersAndLinesAreReadAsTheyWereWritten() throws {
        let statistics = StatisticsReply(residentBytes: .max, runs: 2, runNanoseconds: 3)
        #expect(
            try Self.payload(statistics.frame(sequence: 1), .statisticsReply) {
                try StatisticsReply(payload: $0)
            } == statistics)
        let cancel = CancelCommand(lane: 63, run: .max)
        #expect(
            try Self.payload(cancel.frame(sequence: 1), .cancel) { try CancelCommand(payload: $0) }
                == cancel)
        #expect(
            try Self.payload(TextMessage.frame(.progress, "2 of 5", sequence: 1), .progress) {
                try TextMessage.read($0)
            } == "2 of 5")
    }

    /// Every message, whole.
    static func messages() throws -> [(String, [UInt8], (UnsafeRawBufferPointer) throws -> Void)] {
        let tensor = try Tensor(.float32, Shape([2, 2]), values: [1 as Float, 2, 3, 4])
        var run = PayloadWriter()
        RunCommand.write(
            signature: 1, nanosecondsLeft: 5, freeOffset: 64, outputs: [0, 2], inputs: 2, to: &run)
        run.inlineTensor(tensor)
        run.sharedTensor(tensor, at: 64)
        var result = PayloadWriter()
        result.integer(UInt64(12))
        result.count(1)
        result.inlineTensor(tensor)
        let loaded = LoadedReply(declaration: declaration, runsAtATime: 2)
        let failed = FailedReply(ServingError(.engineFailed, "no"))
        return [
            ("load", try load.frame(sequence: 1), { _ = try LoadCommand(payload: $0) }),
            ("loaded", try loaded.frame(sequence: 1), { _ = try LoadedReply(payload: $0) }),
            ("failed", try failed.frame(sequence: 1), { _ = try FailedReply(payload: $0) }),
            (
                "cancel", try CancelCommand(lane: 1, run: 1).frame(sequence: 1),
                { _ = try CancelCommand(payload: $0) }
            ),
            ("run", try run.finish(.run, sequence: 1), { _ = try RunCommand(payload: $0) }),
            (
                "result", try result.finish(.result, sequence: 1),
                { _ = try ResultReply(payload: $0) }
            ),
        ]
    }

    @Test func everyCutAndEveryAdditionIsRefused() throws {
        for (name, frame, read) in try Self.messages() {
            let payload = Array(frame.dropFirst(WorkerFrame.headBytes))
            try payload.withUnsafeBytes { try read($0) }
            for length in payload.indices {
                #expect(throws: ServingError.self, "\(name) cut to \(length) bytes") {
                    try payload[..<length].withUnsafeBytes { try read($0) }
                }
            }
            #expect(throws: ServingError.self, "\(name) with a byte more") {
                try (payload + [0]).withUnsafeBytes { try read($0) }
            }
        }
    }

    @Test func aTensorIsWhereItsMessageSays() throws {
        let frame = try Self.messages()[4].1
        let command = try Self.payload(frame, .run) { try RunCommand(payload: $0) }
        #expect(command.signature == 1 && command.outputs == [0, 2] && command.freeOffset == 64)
        #expect(command.inputs.map(\.shape.dimensions) == [[2, 2], [2, 2]])
        #expect(command.inputs[1].place == .shared(offset: 64, count: 16))
        guard case .inline(let range) = command.inputs[0].place else {
            Issue.record("the first tensor is inline")
            return
        }
        let floats = frame.withUnsafeBytes { bytes in
            bytes.loadUnaligned(
                fromByteOffset: WorkerFrame.headBytes + range.lowerBound + 4, as: Float.self)
        }
        #expect(range.count == 16 && floats == 2)
    }

    static func payload<Result>(
        _ frame: [UInt8], _ kind: WorkerFrame.Kind,
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try frame.withUnsafeBytes { bytes in
            let head = try WorkerFrame(head: bytes)
            #expect(head.kind == kind && head.payloadBytes == bytes.count - 16)
            return try body(UnsafeRawBufferPointer(rebasing: bytes[WorkerFrame.headBytes...]))
        }
    }
}
