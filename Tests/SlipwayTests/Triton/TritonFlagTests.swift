import Models
import Glibc
import Models
import ServingCore
import Testing

@testable import Slipway

@Suite struct TritonFlagTests {
    private func configuration(_ arguments: [String]) throws -> Configuration {
        let line = try TritonCommandLine(["--model-repository=/models"] + arguments)
        return try Configuration.from(
            arguments: line.models { _ in ["b", "a"] }, overrides: line.overrides, engines: []
        ).get()
    }

    @Test func theUsualPortsAndStatusesAreTritons() throws {
        let configuration = try configuration([])
        #expect(configuration.listen.host == "0.0.0.0")
        #expect(configuration.listen.restPort == 8000)
        #expect(configuration.listen.grpc.number == 8001)
        #expect(configuration.listen.adminPort == 8002)
        #expect(configuration.listen.adminHost == "0.0.0.0")
        #expect(configuration.repository == "/models")
        #expect(configuration.modelControl == .off)
        #expect(configuration.scan == .once)
        #expect(configuration.compatibility.v2 == .triton)
    }

    @Test func flagsSetTheirKeys() throws {
        let configuration = try configuration([
            "--model-control-mode", "explicit", "--load-model=*", "--allow-grpc=false",
            "--http-port", "9000", "--http-address=127.0.0.1", "--log-verbose=1",
            "--allow-metrics", "false", "--exit-timeout-secs=7", "--model-load-thread-count=3",
        ])
        #expect(configuration.models.models.map(\.baseDirectory) == ["/models/a", "/models/b"])
        #expect(configuration.modelControl == .explicit)
        #expect(configuration.listen.grpc.number == nil)
        #expect(configuration.listen.adminPort == nil)
        #expect(configuration.listen.restPort == 9000)
        #expect(configuration.listen.host == "127.0.0.1")
        #expect(configuration.log.level == .debug)
        #expect(configuration.limits.drainTimeout == .seconds(7))
        #expect(configuration.loadThreads == 3)
    }

    @Test(arguments: TritonFlag.all)
    func everyFlagIsHonouredRefusedOrWarnedOf(flag: TritonFlag) throws {
        let text = flag.isSwitch ? (flag.standard == "true" ? "false" : "true") : "7"
        let arguments = ["--model-repository=/models", "--\(flag.name)=\(text)"]
        switch flag.effect {
        case .honoured: break
        case .warned(let reason):
            #expect(
                try TritonCommandLine(arguments).warnings
                    == ["--\(flag.name) has no effect: \(reason)"])
        case .refused(let reason):
            let error = #expect(throws: ServingError.self) {
                _ = try TritonCommandLine(arguments)
            }
            #expect(error?.message == "--\(flag.name) is refused: \(reason)")
        }
    }

    @Test(arguments: [
        (["--model-repositry=/m"], "did you mean 'model-repository'?"),
        (["x"], "unexpected argument 'x'"), (["--model-repository=/b"], "a second directory"),
        (["--model-control-mode=some"], "must be one of none, poll, explicit"),
        (["--load-model=a"], "needs --model-control-mode=explicit"),
        (["--http-port"], "--http-port needs a value"),
        (["--allow-http=maybe"], "must be true or false"),
        (["--http-address=a", "--grpc-address=b"], "differ"),
        (["--repository-poll-secs=soon"], "from 0 to 86400"),
    ])
    func wrongCommandLinesAreRefused(arguments: [String], words: String) {
        let error = #expect(throws: ServingError.self) {
            _ = try TritonCommandLine(["--model-repository=/models"] + arguments)
        }
        #expect(error?.message.contains(words) ?? false, "\(error?.message ?? "")")
    }

    @Test func thePageInDocsHasTheTableOfFlags() throws {
        let path = "../../docs/coming-from-triton.md"
        let parts = try TestFiles.text(path).split(separator: "<!-- flags -->\n", maxSplits: 1)
        let rest = try #require(parts.last).split(separator: "<!-- end -->", maxSplits: 1)
        let made =
            String(try #require(parts.first)) + "<!-- flags -->\n" + TritonFlag.markdown
            + "<!-- end -->" + String(try #require(rest.last))
        if getenv("UPDATE_DOCS") != nil {
            try TestFiles.write(Array(made.utf8), to: TestFiles.directory + "/" + path)
        }
        #expect(
            try TestFiles.text(path) == made,
            "run: UPDATE_DOCS=1 swift test --filter TritonFlagTests")
    }
}
