import Inference
import Listener
import NIOCore
import ServingCore
import Synchronization
import TestSupport
import Testing
import Wire

@testable import Protocols

/// `GetModelMetadata`, `GetModelStatus` and `HandleReloadConfigRequest`; the bytes are those of
/// TensorFlow Serving's own Python classes.
@Suite struct TensorFlowServingModelServiceTests {
    private func specification(_ name: String, _ body: (inout ByteBuffer) -> Void = { _ in })
        -> ByteBuffer
    {
        var buffer = ByteBuffer()
        buffer.writeProtobuf(1) { buffer in
            buffer.writeProtobufIfSet(1, string: name)
            body(&buffer)
        }
        return buffer
    }

    @Test func describesTheSignaturesAsTheOriginalDoes() throws {
        var request = specification("digits")
        request.writeProtobuf(2, string: "signature_def")
        let answer = try TensorFlowServingGRPCServer().call(
            "PredictionService/GetModelMetadata", request)
        #expect(
            answer.hexadecimal
                == "0a0c0a06646967697473120208021298020a0d7369676e61747572655f6465661286020a"
                + "36747970652e676f6f676c65617069732e636f6d2f74656e736f72666c6f772e73657276"
                + "696e672e5369676e61747572654465664d617012cb010ac8010a0f73657276696e675f64"
                + "656661756c7412b4010a2e0a06706978656c7312240a06706978656c7310011a18121208"
                + "ffffffffffffffffff01120562617463681202080412280a056c6162656c121f0a056c61"
                + "62656c10091a14121208ffffffffffffffffff0112056261746368123c0a0d70726f6261"
                + "62696c6974696573122b0a0d70726f626162696c697469657310011a18121208ffffffff"
                + "ffffffffff0112056261746368120208021a1a74656e736f72666c6f772f73657276696e"
                + "672f70726564696374")
    }

    @Test(
        arguments: [
            ("", [], GRPCStatus.Code.invalidArgument, "Missing ModelSpec"),
            (
                "digits", [], .invalidArgument,
                "GetModelMetadataRequest must specify at least one metadata_field"
            ),
            ("digits", ["graph"], .invalidArgument, "Metadata field graph is not supported"),
            (
                "digits", ["signature_def", "x", "y"], .invalidArgument,
                "Metadata field x is not supported"
            ),
            ("nope", ["signature_def"], .notFound, "Servable not found for request: Latest(nope)"),
        ] as [(String, [String], GRPCStatus.Code, String)])
    func refusesMetadataInTheWordsOfTheOriginal(
        model: String, fields: [String], code: GRPCStatus.Code, words: String
    ) throws {
        var request = model.isEmpty ? ByteBuffer() : specification(model)
        for field in fields { request.writeProtobuf(2, string: field) }
        let status = try TensorFlowServingGRPCServer().call(
            "PredictionService/GetModelMetadata", request
        ).status
        #expect(status == GRPCStatus(code, words))
    }

    @Test func listsTheStatesOfAllVersionsHighestFirst() throws {
        let server = try TensorFlowServingGRPCServer()
        let answer = try server.call("ModelService/GetModelStatus", specification("loading"))
        #expect(
            answer.hexadecimal
                == "0a06080410141a000a23080310321a1d080f1219226d6f64656c2e6f6e6e782220697320"
                + "6375742073686f7274")
    }

    @Test func aVersionSelectsOneStateAndALabelNone() throws {
        let server = try TensorFlowServingGRPCServer()
        let one = specification("digits") { $0.writeProtobuf(2) { $0.writeProtobuf(1, signed: 1) } }
        #expect(
            try server.call("ModelService/GetModelStatus", one).hexadecimal
                == "0a060801101e1a00")
        let label = specification("digits") { $0.writeProtobuf(4, string: "nope") }
        #expect(
            try server.call("ModelService/GetModelStatus", label).hexadecimal
                == "0a060802101e1a00" + "0a060801101e1a00")
    }

    @Test func refusesStatusInTheWordsOfTheOriginal() throws {
        let server = try TensorFlowServingGRPCServer()
        let method = "ModelService/GetModelStatus"
        #expect(
            try server.call(method, ByteBuffer()).status
                == GRPCStatus(.invalidArgument, "Missing ModelSpec"))
        #expect(
            try server.call(method, specification("nope")).status
                == GRPCStatus(.notFound, "Could not find any versions of model nope"))
        let version = specification("digits") {
            $0.writeProtobuf(2) { $0.writeProtobuf(1, signed: 7) }
        }
        #expect(
            try server.call(method, version).status
                == GRPCStatus(.notFound, "Could not find version 7 of model digits"))
    }

    private static let reload =
        "0a7b0a790a300a016112092f6d6f64656c732f61220a74656e736f72666c6f773a08b206"
        + "050a0301ac02420a0a06737461626c6510010a130a016212092f6d6f64656c732f623a03"
        + "aa06000a1b0a0163120d73333a2f2f6275636b65742f6318013a05a2060208030a130a01"
        + "6412092f6d6f64656c732f643a03a20600120178"

    @Test func replacesTheModelsByThoseOfTheList() throws {
        let server = try TensorFlowServingGRPCServer()
        let answer = try server.call(
            "ModelService/HandleReloadConfigRequest", message(hex: Self.reload))
        #expect(answer.hexadecimal == "0a00")
        #expect(
            server.administration.state.withLock { $0.replaced } == [
                [
                    ModelDescription(
                        name: "a", basePath: "/models/a", platform: "tensorflow",
                        versions: .specific([1, 300]), labels: ["stable": 1]),
                    ModelDescription(name: "b", basePath: "/models/b", versions: .all),
                    ModelDescription(
                        name: "c", basePath: "s3://bucket/c", platform: "tensorflow",
                        versions: .latest(3)),
                    ModelDescription(name: "d", basePath: "/models/d", versions: .latest(1)),
                ]
            ])
    }

    /// A list of models, each written by a closure.
    private static func list(_ models: [(inout ByteBuffer) -> Void]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeProtobuf(1) { buffer in
            buffer.writeProtobuf(1) { buffer in
                for model in models { buffer.writeProtobuf(1) { model(&$0) } }
            }
        }
        return buffer
    }

    private static func model(
        _ name: String, _ path: String = "/m",
        _ more: @escaping (inout ByteBuffer) -> Void = { _ in }
    ) -> (inout ByteBuffer) -> Void {
        { buffer in
            buffer.writeProtobufIfSet(1, string: name)
            buffer.writeProtobufIfSet(2, string: path)
            more(&buffer)
        }
    }

    private static let otherType =
        "ServerModelConfig type not supported by HandleReloadConfigRequest. "
        + "Only ModelConfigList is currently supported"

    @Test(
        arguments: [
            ("nothing", ByteBuffer(), GRPCStatus.Code.invalidArgument, otherType),
            ("a custom configuration", message(hex: "0a02 1200"), .invalidArgument, otherType),
            (
                "a custom configuration last", message(hex: "0a04 0a00 1200"), .invalidArgument,
                otherType
            ),
            (
                "too many models",
                list((0...Limits.reloadedModelsMaximum).map { _ in model("") }),
                .invalidArgument,
                "the config list has more than \(Limits.reloadedModelsMaximum) models"
            ),
            (
                "type and platform",
                list([
                    model("a") { buffer in
                        buffer.writeProtobuf(3, varint: 1)
                        buffer.writeProtobuf(4, string: "tensorflow")
                    }
                ]), .invalidArgument,
                "Illegal setting both ModelServerConfig::model_type (deprecated) and "
                    + "ModelServerConfig::model_platform, model name is a"
            ),
            (
                "another type", list([model("a") { $0.writeProtobuf(3, varint: 2) }]),
                .invalidArgument, "ModelServerConfig::model_type choice 2 not supported."
            ),
            (
                "request logging",
                list([model("a") { $0.writeProtobuf(6) { $0.writeProtobuf(2) { _ in } } }]),
                .unimplemented,
                "model 'a' has a logging_config, but request logging is not offered; leave it out"
            ),
            (
                "damage", message(hex: "0a05"), .invalidArgument,
                "the message is no valid protobuf: field 1 has 5 bytes, but 0 are left"
            ),
        ] as [(String, ByteBuffer, GRPCStatus.Code, String)])
    func refusesAReload(
        name: String, request: ByteBuffer, code: GRPCStatus.Code, words: String
    ) throws {
        let server = try TensorFlowServingGRPCServer()
        let answer = try server.call("ModelService/HandleReloadConfigRequest", request)
        #expect(answer.status == GRPCStatus(code, words))
        #expect(server.administration.state.withLock { $0.replaced.isEmpty })
    }

    @Test(arguments: [
        (ServingError(.configurationInvalid, "no"), GRPCStatus.Code.invalidArgument),
        (ServingError(.modelNotReady, "no"), .failedPrecondition),
        (ServingError(.unsupported, "no"), .unimplemented),
    ])
    func endsTheCallWithWhatTheReloadEndedWith(error: ServingError, code: GRPCStatus.Code) throws {
        let server = try TensorFlowServingGRPCServer()
        server.administration.state.withLock { $0.result = .failure(error) }
        let answer = try server.call(
            "ModelService/HandleReloadConfigRequest", message(hex: Self.reload))
        #expect(answer.status == GRPCStatus(code, "no"))
    }

    @Test(arguments: [true, false])
    func saysHowToAllowAReload(hasAdministration: Bool) throws {
        let server = try TensorFlowServingGRPCServer(hasAdministration: hasAdministration)
        server.administration.state.withLock { $0.allowsReplacing = false }
        let status = try server.call(
            "ModelService/HandleReloadConfigRequest", message(hex: Self.reload)
        ).status
        #expect(status?.code == .unimplemented)
        #expect(status?.message.contains("model_control: explicit") == true)
    }

    @Test func isFoundUnderTheNamesOfTheOriginal() throws {
        let server = try TensorFlowServingGRPCServer()
        #expect(
            server.services.names == [
                "tensorflow.serving.PredictionService", "tensorflow.serving.ModelService",
            ])
        #expect(server.services.method(at: "/tensorflow.serving.SessionService/SessionRun") == nil)
    }
}
