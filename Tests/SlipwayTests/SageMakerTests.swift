import Glibc
import Protocols
import ServingCore
import Testing

@testable import Slipway

struct SageMakerTests {
    private func configuration(_ environment: [String: String]) throws -> Configuration {
        try Configuration.from(
            arguments: [], overrides: SageMakerEnvironment(environment).overrides,
            workingDirectory: "/"
        ).get()
    }

    @Test func opensOnePortToTheNetwork() throws {
        let configuration = try configuration([:])
        #expect(configuration.listen.restPort == 8080)
        #expect(configuration.listen.host == "0.0.0.0")
        #expect(configuration.listen.adminPort == nil)
        #expect(configuration.limits.requestTimeout == .seconds(60))
        #expect(configuration.modelControl == .off)
        #expect(!configuration.invocations.isMultiModel)
    }

    @Test func eachVariableHasItsKey() throws {
        let configuration = try configuration([
            "SAGEMAKER_BIND_TO_PORT": "9000", "SAGEMAKER_SAFE_PORT_RANGE": "9000-9099",
            "SAGEMAKER_MODEL_SERVER_TIMEOUT": "20", "SAGEMAKER_MULTI_MODEL": "True",
            "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv",
            "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "4", "SAGEMAKER_BATCH": "true",
            "SAGEMAKER_BATCH_STRATEGY": "SINGLE_RECORD", "SAGEMAKER_MAX_PAYLOAD_IN_MB": "20",
            "SAGEMAKER_TFS_DEFAULT_MODEL_NAME": "digits",
        ])
        #expect(configuration.listen.restPort == 9000)
        #expect(configuration.listen.adminPort == 9001)
        #expect(configuration.limits.requestTimeout == .seconds(20))
        #expect(configuration.limits.bodyBytes == 20 << 20)
        #expect(configuration.modelControl == .explicit)
        #expect(configuration.invocations.isMultiModel)
        #expect(configuration.invocations.defaultAccept == "text/csv")
        #expect(configuration.invocations.concurrentTransforms == 4)
        #expect(configuration.invocations.batchStrategy == .singleRecord)
        #expect(configuration.invocations.payloadMegabytes == 20)
        #expect(configuration.invocations.defaultModel == "digits")
    }

    @Test(arguments: [
        ("SAGEMAKER_BIND_TO_PORT", "http"), ("SAGEMAKER_SAFE_PORT_RANGE", "9000"),
        ("SAGEMAKER_SAFE_PORT_RANGE", "2-1"), ("SAGEMAKER_MODEL_SERVER_TIMEOUT", "1m"),
        ("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "image/png"),
        ("SAGEMAKER_BATCH_STRATEGY", "single"), ("SAGEMAKER_MAX_PAYLOAD_IN_MB", "-1"),
        ("SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", "0"),
    ])
    func aWrongValueIsRefusedWithItsVariable(name: String, value: String) throws {
        #expect { try configuration([name: value]) } throws: { "\($0)".contains(name) }
    }

    @Test(
        arguments: [
            ([:], false, false), ([:], true, true), (["SAGEMAKER_BATCH": "true"], false, true),
            (["SAGEMAKER_BATCH": ""], false, false), (["PATH": "/bin"], false, false),
        ] as [([String: String], Bool, Bool)])
    func isRecognisedByVariablesOrTheDirectory(
        environment: [String: String], hasDirectory: Bool, expected: Bool
    ) {
        let found = SageMakerEnvironment(environment).isPresent {
            hasDirectory && $0 == "/opt/ml/model"
        }
        #expect(found == expected)
    }

    @Test func saysWhichVariablesHaveNoMeaning() {
        let environment = SageMakerEnvironment(["SAGEMAKER_MODEL_SERVER_WORKERS": "3"])
        #expect(environment.warnings.count == 1)
        #expect(environment.warnings[0].hasPrefix("SAGEMAKER_MODEL_SERVER_WORKERS has no meaning"))
    }

    @Test(
        arguments: [
            (["1", "2"], [:], SageMakerModels.Layout.versions),
            (["b", "a", "code"], ["a": ["1"], "b": ["7"], "code": ["x"]], .models(["a", "b"])),
            (["variables"], ["variables": []], .files), ([], [:], .files),
            (["99999999999999999999"], [:], .files),
        ] as [([String], [String: [String]], SageMakerModels.Layout)])
    func tellsLayoutsApart(
        names: [String], inside: [String: [String]], expected: SageMakerModels.Layout
    ) {
        #expect(SageMakerModels.layout(names) { inside[$0] ?? [] } == expected)
    }

    @Test func filesByThemselvesBecomeVersionOne() throws {
        try TestFiles.withDirectory { directory in
            mkdir(directory + "/model", 0o700)
            try TestFiles.write([1], to: directory + "/model/model.onnx")
            let environment = SageMakerEnvironment(["SAGEMAKER_BASE_DIR": directory])
            let arguments = try SageMakerModels.arguments(environment)
            #expect(arguments.count == 1)
            let base = String(arguments[0].dropFirst("model=".count))
            #expect(arguments[0].hasPrefix("model="))
            #expect(access(base + "/1/model.onnx", R_OK) == 0)
            unlink(base + "/1")
            rmdir(base)
            unlink(directory + "/model/model.onnx")
            rmdir(directory + "/model")
            let endpoint = SageMakerEnvironment([
                "SAGEMAKER_BASE_DIR": directory, "SAGEMAKER_MULTI_MODEL": "true",
            ])
            #expect(try SageMakerModels.arguments(endpoint).isEmpty)
        }
    }
}
