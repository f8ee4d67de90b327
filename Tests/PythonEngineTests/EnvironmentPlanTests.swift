import EngineInterface
import ServingCore
import Testing

@testable import PythonEngine

@Suite struct EnvironmentPlanTests {
    private func plan(
        _ files: [String: String], _ options: [String: EngineOptions.Value] = [:]
    ) throws -> (EnvironmentPlan, String) {
        let directory = try TemporaryDirectory()
        for (name, text) in files { try directory.write(name, Array(text.utf8)) }
        let source = try PythonModels.source(directory, options: options)
        let plan = try EnvironmentPlan(
            source, EnvironmentOptions(source.options), usual: "python3"
        ) { !$0.contains("/missing/") }
        return (plan, directory.path)
    }

    private func made(
        _ files: [String: String], _ options: [String: EngineOptions.Value] = [:]
    ) throws -> MadeEnvironment {
        let options = options.merging(["allow_code": .boolean(true)]) { given, _ in given }
        guard case .made(let made) = try plan(files, options).0 else {
            throw ServingError(.internalError, "no environment would be made")
        }
        return made
    }

    private static let mlmodel =
        "flavors:\n  python_function:\n    env:\n      conda: conda.yaml\n"
        + "      virtualenv: python_env.yaml\n    loader_module: mlflow.sklearn\n"
        + "    python_version: 3.11.7\nmlflow_version: 3.17.2\n"
    private static let conda =
        "channels:\n- conda-forge\ndependencies:\n- python=3.10.4\n- pip<=23.2.1\n- pip:\n"
        + "  - mlflow==3.17.2\n  - pandas==3.1.1\nname: mlflow-env\n"

    @Test func aModelThatSaysNothingRunsInTheUsualPython() throws {
        #expect(try plan([:]).0 == .existing(program: "python3", note: nil))
    }

    @Test func requirementsBesideTheModelMakeAnEnvironment() throws {
        let made = try made(["requirements.txt": "numpy"])
        #expect(made.file?.hasSuffix("/requirements.txt") == true)
        #expect(made.version == nil)
        #expect(made.isOffline == false)
    }

    @Test func requirementsNeedPermissionToRunCode() {
        #expect {
            try plan(["requirements.txt": "numpy"])
        } throws: { error in
            (error as? ServingError)?.message.contains("allow_code") == true
        }
    }

    @Test func requirementsMayBeRefused() throws {
        let options: [String: EngineOptions.Value] = ["requirements": .text("none")]
        #expect(
            try plan(["requirements.txt": "numpy"], options).0
                == .existing(program: "python3", note: nil))
    }

    @Test func wheelsBesideTheModelMeanOffline() throws {
        let files = ["requirements.txt": "numpy", "wheels/a-1-py3-none-any.whl": ""]
        #expect(try made(files).isOffline)
        #expect(try made(files).wheels?.hasSuffix("/wheels") == true)
        #expect(try made(files, ["offline": .boolean(false)]).isOffline == false)
    }

    @Test func anExistingEnvironmentIsUsedAsItIsAndSaysSo() throws {
        let (plan, _) = try plan(
            ["requirements.txt": "numpy"], ["environment": .text("/opt/venv")])
        guard case .existing(let program, let note) = plan else {
            Issue.record("an environment would be made")
            return
        }
        #expect(program == "/opt/venv/bin/python")
        #expect(note?.contains("not applied") == true)
    }

    @Test(arguments: [
        ["environment": EngineOptions.Value.text("/missing/venv")],
        ["environment": .text("/opt/venv"), "python": .text("3.11")],
        ["environment": .integer(3)], ["environment_timeout": .integer(0)],
        ["python": .text("")], ["offline": .text("yes")],
    ]) func wrongOptionsAreRefused(options: [String: EngineOptions.Value]) {
        #expect {
            try plan([:], options)
        } throws: { error in
            (error as? ServingError)?.code == .configurationInvalid
        }
    }

    @Test func aVersionAloneMakesAnEnvironmentOfThatVersion() throws {
        let made = try made([:], ["python": .text("3.12")])
        #expect(made.version == "3.12")
        #expect(made.program == "python3")
        #expect(made.file == nil)
    }

    @Test func mlflowsRequirementsAreTakenWithItsVersionOfPython() throws {
        let made = try made([
            "MLmodel": Self.mlmodel, "requirements.txt": "mlflow",
            "python_env.yaml": "python: 3.12.1\ndependencies:\n- -r requirements.txt\n",
        ])
        #expect(made.file?.hasSuffix("/requirements.txt") == true)
        #expect(made.version == "3.12.1")
        #expect(made.lines.isEmpty)
    }

    @Test func thePipSectionOfCondaIsTakenWithoutARequirementsFile() throws {
        let made = try made(["MLmodel": Self.mlmodel, "conda.yaml": Self.conda])
        #expect(made.lines == ["mlflow==3.17.2", "pandas==3.1.1"])
        #expect(made.version == "3.10.4")
    }

    @Test(arguments: [
        ("MLmodel", "flavors: {}\n", "flavors"),
        ("MLmodel", "flavors:\n  mleap: {}\n", "python_function"),
        ("MLmodel", "flavors: [", "YAML line"),
        ("conda.yaml", "channels: []\ndependencies:\n- cudatoolkit=11\n", "conda package"),
    ]) func mlflowFilesThatCannotBeUsedSayWhy(name: String, text: String, words: String) {
        var files = ["MLmodel": Self.mlmodel]
        files[name] = text
        #expect {
            try made(files)
        } throws: { error in
            (error as? ServingError)?.message.contains(words) == true
        }
    }

    @Test func mlflowsSignatureIsRead() throws {
        let text =
            Self.mlmodel + "signature:\n  inputs: '[{\"type\": \"double\", \"name\": \"x\"}]'\n"
            + "  outputs: '[{\"type\": \"tensor\", \"tensor-spec\": {\"dtype\": \"float32\",\n"
            + "    \"shape\": [-1, 3]}}]'\n  params: null\n"
        let directory = try TemporaryDirectory()
        try directory.write("MLmodel", Array(text.utf8))
        let model = try MLmodel.read(ModelFiles.list(directory.path))
        #expect(model.signature?.inputs == [.init(name: "x", type: "double", shape: nil)])
        #expect(model.signature?.outputs == [.init(name: nil, type: "float32", shape: [-1, 3])])
        #expect(model.loaderModule == "mlflow.sklearn")
        #expect(model.pythonVersion == "3.11.7")
    }

    @Test func aBuildersRepliesAreReadWhereverTheBytesAreCut() {
        let text =
            "Traceback\nslipway:progress one\\ntwo\nslipway:failed model_invalid a \\\\ b\n"
            + "slipway:ready /x/bin/python\n"
        for size in 1...text.utf8.count {
            var reply = BuilderReply()
            var messages: [BuilderReply.Message] = []
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                messages += reply.append(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(
                messages == [
                    .progress("one\ntwo"), .failed(ServingError(.modelInvalid, "a \\ b")),
                    .ready("/x/bin/python"),
                ])
            #expect(reply.lastWords == ["Traceback"])
        }
    }

    @Test func aProgramThatIsNoPythonIsNamedWithItsLastWords() throws {
        let builder = EnvironmentBuilder(
            python: "/bin/echo", packageDirectory: "/", timeout: .seconds(60), progress: { _ in },
            cancellation: EnvironmentCancellation())
        #expect {
            try builder.answer(to: BuilderRequest("list"))
        } throws: { error in
            (error as? ServingError)?.code == .libraryMissing
        }
    }

    @Test func aCancelledBuilderIsKilled() throws {
        let cancellation = EnvironmentCancellation()
        cancellation.cancel()
        let builder = EnvironmentBuilder(
            python: "/bin/cat", packageDirectory: "/", timeout: .seconds(600), progress: { _ in },
            cancellation: cancellation)
        #expect(throws: ServingError.self) { try builder.answer(to: BuilderRequest("list")) }
    }
}
