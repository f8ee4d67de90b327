import Inference
import Listener
import NIOCore
import ServingCore
import Tensors
import TestSupport
import Testing
import Wire

@testable import Protocols

/// `Predict`; the bytes are those of TensorFlow Serving's own Python classes.
@Suite struct TensorFlowServingGRPCPredictTests {
    static let request =
        "0a0f0a0d68616c665f706c75735f74776f121b0a0178121608011204120208032a0c0000"
        + "803f000000400000a040"

    @Test func answersByteForByteAsTheOriginalInTypedFields() throws {
        let server = try TensorFlowServingGRPCServer()
        let answer = try server.predict(message(hex: Self.request))
        #expect(
            answer.hexadecimal
                == "0a1b0a0179121608011204120208032a0c00002040000040400000904012240a0d68616c"
                + "665f706c75735f74776f1202087b1a0f73657276696e675f64656661756c74")
        #expect(server.observer.events == ["request tfs_grpc ok"])
    }

    @Test func answersByteForByteAsTheOriginalInTensorContent() throws {
        let server = try TensorFlowServingGRPCServer(tensorContent: true)
        let answer = try server.predict(message(hex: Self.request))
        #expect(
            answer.hexadecimal
                == "0a1b0a017912160801120412020803220c00002040000040400000904012240a0d68616c"
                + "665f706c75735f74776f1202087b1a0f73657276696e675f64656661756c74")
    }

    /// A request with a model and inputs of one float each.
    private static func request(
        _ model: String = "half_plus_two", inputs: [String] = ["x"], filter: [String] = [],
        specification: (inout ByteBuffer) -> Void = { _ in }
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeProtobuf(1) { buffer in
            buffer.writeProtobufIfSet(1, string: model)
            specification(&buffer)
        }
        for input in inputs {
            buffer.writeProtobuf(2) { buffer in
                buffer.writeProtobuf(1, string: input)
                buffer.writeProtobuf(2) { write(&$0) }
            }
        }
        for name in filter { buffer.writeProtobuf(3, string: name) }
        return buffer
    }

    /// A float vector of one element.
    private static func write(_ buffer: inout ByteBuffer) {
        buffer.writeProtobuf(1, varint: 1)
        buffer.writeProtobuf(2) { $0.writeProtobuf(2) { $0.writeProtobuf(1, signed: 1) } }
        buffer.writeProtobuf(5, float: 1)
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let message: ByteBuffer
        let code: GRPCStatus.Code
        let words: String

        init(_ name: String, _ code: GRPCStatus.Code, _ words: String, _ message: ByteBuffer) {
            testDescription = name
            self.message = message
            self.code = code
            self.words = words
        }
    }

    @Test(arguments: Self.refused)
    func refusesInTheWordsOfTheOriginal(_ refused: Refused) throws {
        let status = try #require(
            try TensorFlowServingGRPCServer().predict(refused.message).status)
        #expect(status.code == refused.code)
        #expect(status.message == refused.words)
    }

    static let refused = [
        Refused("no model", .invalidArgument, "Missing ModelSpec", ByteBuffer()),
        Refused(
            "no name", .invalidArgument, "ModelSpec has no name specified.", request("")),
        Refused(
            "unknown model", .notFound, "Servable not found for request: Latest(nope)",
            request("nope")),
        Refused(
            "unknown version", .notFound,
            "Servable not found for request: Specific(half_plus_two, 7)",
            request { $0.writeProtobuf(2) { $0.writeProtobuf(1, signed: 7) } }),
        Refused(
            "version 0", .notFound, "Servable not found for request: Specific(half_plus_two, 0)",
            request { $0.writeProtobuf(2) { _ in } }),
        Refused(
            "negative version", .notFound,
            "Servable not found for request: Specific(half_plus_two, -1)",
            request { $0.writeProtobuf(2) { $0.writeProtobuf(1, signed: -1) } }),
        Refused(
            "unknown label", .invalidArgument, "Unrecognized servable version label: nope",
            request { $0.writeProtobuf(4, string: "nope") }),
        Refused(
            "unknown signature", .failedPrecondition, "Serving signature key \"x\" not found.",
            request { $0.writeProtobuf(3, string: "x") }),
        Refused(
            "no input", .invalidArgument,
            "input size does not match signature: 0!=1 len({}) != len({x}). Sent extra: {}. "
                + "Missing but required: {x}.",
            request(inputs: [])),
        Refused(
            "inputs too many", .invalidArgument,
            "input size does not match signature: 3!=1 len({a,b,x}) != len({x}). "
                + "Sent extra: {a,b}. Missing but required: {}.",
            request(inputs: ["x", "b", "a"])),
        Refused(
            "another input", .invalidArgument,
            "Signature input alias: x(feed name: x) not found in request and no default value "
                + "provided. Inputs expected to be in the request {z}, or default input alias "
                + "set: ",
            request(inputs: ["z"])),
        Refused(
            "unknown output", .invalidArgument,
            "output tensor alias not found in signature: z Outputs expected to be in the set "
                + "{y}.",
            request(filter: ["z"])),
        Refused(
            "an output twice", .invalidArgument, "duplicate output tensor alias: y",
            request(filter: ["y", "y"])),
        Refused(
            "another type", .invalidArgument, "Expected input pixels to be float but get int32.",
            request("digits", inputs: []) { _ in }.with("pixels", "08 03")),
        Refused(
            "a type that is not served", .invalidArgument,
            "tensor parsing error: x: dtype DT_COMPLEX64 is not served; the data types are "
                + "numbers of 8 to 64 bits, DT_HALF, DT_BFLOAT16, DT_BOOL and DT_STRING",
            request(inputs: []).with("x", "08 08")),
        Refused(
            "a shape that does not fit", .invalidArgument,
            "input 'pixels' has shape [-1, 4] (-1: any), not [1]",
            request("digits", inputs: ["pixels"])),
        Refused(
            "content of the wrong size", .invalidArgument,
            "tensor parsing error: x: tensor_content has 3 bytes, but shape [1] of float needs 4",
            request(inputs: []).with("x", "08 01 12 04 12 02 08 01 22 03 000000")),
        Refused(
            "a negative dimension", .invalidArgument,
            "tensor parsing error: x: shape [-1] has a negative dimension; give the tensor's "
                + "real extents",
            request(inputs: []).with(
                "x", "08 01 12 0d 12 0b 08 ffffffffffffffffff01 2a 04 00000000")),
        Refused(
            "a tensor that is no protobuf", .invalidArgument,
            "tensor parsing error: x: the message is no valid protobuf: the message is cut short",
            request(inputs: []).with("x", "08")),
        Refused("a full queue", .resourceExhausted, "full", request("overloaded")),
        Refused("a failing engine", .internalError, "the engine says no", request("broken")),
        Refused(
            "a model that loads", .unavailable, "loading is not ready: LOADING",
            request("loading")),
    ]

    @Test func countsARefusalBeforeAModelIsFoundOnce() throws {
        let server = try TensorFlowServingGRPCServer()
        _ = try server.predict(Self.request("nope"))
        _ = try server.predict(message(hex: "0a05"))
        #expect(
            server.observer.events == [
                "refused tfs_grpc model_not_found", "refused tfs_grpc invalid_request",
            ])
    }

    @Test func answersWithTheOutputsOfTheFilterAndTheVersionOfTheLabel() throws {
        let server = try TensorFlowServingGRPCServer()
        var buffer = Self.request("digits", inputs: [], filter: ["label"]) {
            $0.writeProtobuf(4, string: "stable")
        }
        buffer = buffer.with("pixels", "08 01 12 08 12 02 08 01 12 02 08 04 2a 04 00000000")
        let answer = try server.predict(buffer)
        // label: DT_INT64 [1] = 1; digits, version 1, serving_default.
        #expect(
            answer.hexadecimal == "0a14" + "0a056c6162656c" + "120b08091204120208015201" + "01"
                + "121d0a06646967697473" + "12020801" + "1a0f73657276696e675f64656661756c74")
    }

    @Test func ofAnInputGivenTwiceTheLastCounts() throws {
        let server = try TensorFlowServingGRPCServer()
        let twice = Self.request(inputs: []).with("x", "08 07")
            .with("x", "08 01 12 04 12 02 08 01 2a 04 00000040")
        // 2.0 / 2 + 2 = 3.0
        #expect(try server.predict(twice).hexadecimal?.contains("2a0400004040") == true)
    }

    @Test func namesTheSignatureThatWasAskedFor() throws {
        let server = try TensorFlowServingGRPCServer()
        let answer = try server.predict(Self.request { $0.writeProtobuf(3, string: "halves") })
        #expect(answer.hexadecimal?.hasSuffix("1a0668616c766573") == true)
    }

    @Test func cutsLongMessagesWhereTheOriginalDoes() {
        let error = ServingError(.invalidRequest, String(repeating: "é", count: 600))
        let status = TensorFlowServingGRPCStatus.of(error)
        #expect(status.message == String(repeating: "é", count: 512) + "...TRUNCATED")
        let odd = ServingError(.invalidRequest, "x" + String(repeating: "é", count: 600))
        #expect(
            TensorFlowServingGRPCStatus.of(odd).message
                == "x" + String(repeating: "é", count: 511) + "...TRUNCATED")
    }

    @Test func everyTruncatedRequestIsRefusedOrAnswered() throws {
        let server = try TensorFlowServingGRPCServer()
        let whole = message(hex: Self.request)
        for count in 0..<whole.readableBytes {
            let part = try #require(whole.getSlice(at: 0, length: count))
            let status = try server.predict(part).status
            #expect(status?.code == .invalidArgument, "\(count) bytes")
        }
    }
}

extension ByteBuffer {
    /// The request with one more input, whose tensor is given in hexadecimal.
    fileprivate func with(_ name: String, _ tensor: String) -> ByteBuffer {
        var copy = self
        copy.writeProtobuf(2) { buffer in
            buffer.writeProtobuf(1, string: name)
            buffer.writeProtobuf(2) { buffer in
                var bytes = message(hex: tensor)
                buffer.writeBuffer(&bytes)
            }
        }
        return copy
    }
}
