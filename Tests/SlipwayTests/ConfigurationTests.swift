import EngineInterface
import Inference
import Models
import ServingCore
import Testing

@testable import Slipway

struct ConfigurationTests {
    private func read(
        _ yaml: String, _ overrides: ConfigurationOverrides = ConfigurationOverrides()
    ) throws -> Configuration {
        try Configuration.reading(
            Array(yaml.utf8), baseDirectory: "/srv", overrides: overrides
        ).get()
    }

    @Test func fillsEveryFieldOfAModel() throws {
        let configuration = try read(
            """
            models:
              - name: digits
                source: ./models//digits/
                versions: [3, 4]
                labels: { stable: 3 }
                switch: resource_preserving
                engine: onnxruntime
                options:
                  { intra_op_threads: 2, cpu_arena: false, graph_optimization: all,
                    session_config: { k: "2", l: v } }
                batching: off
                queue: 7
                instances: 3
                placement: pool
                warm_up: { synthetic: false, iterations: 9 }
                retry: { attempts: 2, pause: 250ms, pause_max: 1.5s }
            """)
        let expected = AspiredModel(
            name: try ModelName("digits"), baseDirectory: "/srv/models/digits",
            versionPolicy: .specific([ModelVersion(3), ModelVersion(4)]),
            labels: [try VersionLabel("stable"): ModelVersion(3)],
            switchPolicy: .resourcePreserving, engine: "onnxruntime",
            options: EngineOptions([
                "intra_op_threads": .integer(2), "cpu_arena": .boolean(false),
                "graph_optimization": .text("all"),
                "session_config": .mapping(["k": "2", "l": "v"]),
            ]),
            scheduling: SchedulingPolicy(
                batchRowsMaximum: 1, queuedRequestsMaximum: 7, instances: 3, placement: .pool),
            warmUp: WarmUpPolicy(synthetic: false, iterations: 9),
            retry: RetryPolicy(
                attempts: 2, pause: .milliseconds(250), pauseMaximum: .milliseconds(1500)))
        #expect(configuration.models == AspiredState(models: [expected]))
    }

    @Test func whatIsAbsentHasTheDefaultsOfTheSeams() throws {
        let configuration = try read("models: [{ name: a, source: /a }]")
        let standard = AspiredModel(name: try ModelName("a"), baseDirectory: "/a")
        #expect(configuration.models.models == [standard])
        #expect(configuration.limits.bodyBytes == Limits.bodyBytesMaximum)
        #expect(configuration.listen.restPort == 8501)
        #expect(configuration.listen.adminPort == 8502)
        #expect(configuration.memoryBytes == nil)
        #expect(!configuration.tls.isEnabled)
    }

    @Test func fillsTheServersSettings() throws {
        let configuration = try read(
            """
            listen: { rest: 0, admin: off, rest_socket: run/s.sock }
            tls: { certificate: c.pem, key: /k.pem, client_ca: ca.pem, client_verify: require }
            limits: { body: 1KiB, header: 2KiB, header_fields: 9, connections: 3,
              request_timeout: 1s, header_timeout: 2s, body_timeout: 3s, idle_timeout: 4s,
              reply_timeout: 5s, drain_timeout: 0s }
            cpus: 5
            memory: 1GB
            load_threads: 6
            library_directories: [lib, /opt/lib]
            log: { level: trace, format: json, access: text }
            models: []
            """)
        #expect(configuration.listen.restPort == 0)
        #expect(configuration.listen.adminPort == nil)
        #expect(configuration.listen.restSocket == "/srv/run/s.sock")
        #expect(configuration.tls.certificate == "/srv/c.pem")
        #expect(configuration.tls.key == "/k.pem")
        #expect(configuration.tls.clientAuthorities == "/srv/ca.pem")
        #expect(configuration.tls.clientVerification == .require)
        var limits = LimitSettings()
        limits.bodyBytes = 1024
        limits.headerBytes = 2048
        limits.headerFields = 9
        limits.connections = 3
        limits.requestTimeout = .seconds(1)
        limits.headerTimeout = .seconds(2)
        limits.bodyTimeout = .seconds(3)
        limits.idleTimeout = .seconds(4)
        limits.replyTimeout = .seconds(5)
        limits.drainTimeout = .zero
        #expect(configuration.limits == limits)
        #expect(configuration.processors == 5)
        #expect(configuration.memoryBytes == 1_000_000_000)
        #expect(configuration.loadThreads == 6)
        #expect(configuration.libraryDirectories == ["/srv/lib", "/opt/lib"])
        #expect(configuration.log.level == .trace)
        #expect(configuration.log.format == .json)
        #expect(configuration.log.access == .text)
    }

    @Test(arguments: [
        (
            "listen: { host: 0.0.0.0, grpc: off }",
            ["1:17: warning: the REST port is open on 0.0.0.0"]
        ),
        (
            "listen: { host: 0.0.0.0 }",
            ["1:17: warning: the REST and the gRPC port are open on 0.0.0.0"]
        ),
        (
            "listen: { admin_host: \"::\" }",
            ["1:23: warning: the administration port is open on ::"]
        ),
        ("listen: { host: localhost, admin_host: 127.3.2.1 }", []),
        (
            "listen: { host: 127.evil.example }",
            ["1:17: warning: the REST and the gRPC port are open"]
        ),
    ])
    func warnsOfOpenPorts(_ listen: String, _ expected: [String]) throws {
        let yaml = listen + "\nmodels: [{ name: a, source: /a }]"
        let reading = Configuration.reading(Array(yaml.utf8), file: "f", baseDirectory: "/srv")
        _ = try reading.get()
        #expect(reading.warnings.count == expected.count)
        for (line, start) in zip(reading.warnings, expected) {
            #expect(line.hasPrefix("f:" + start))
        }
    }

    @Test func flagsWinOverTheFile() throws {
        let flags = ConfigurationOverrides(
            restPort: "9000", adminPort: "off", host: "localhost", logLevel: "debug",
            memory: "2GiB",
            libraryDirectories: ["/a", "/b"])
        let configuration = try read("listen: { rest: 1, admin: 2 }\nmodels: []", flags)
        #expect(configuration.listen.restPort == 9000)
        #expect(configuration.listen.adminPort == nil)
        #expect(configuration.listen.host == "localhost")
        #expect(configuration.log.level == .debug)
        #expect(configuration.memoryBytes == 2 << 30)
        #expect(configuration.libraryDirectories == ["/a", "/b"])
    }

    @Test func wrongFlagsAreNamed() throws {
        let flags = ConfigurationOverrides(restPort: "http", logLevel: "loud")
        let reading = Configuration.reading(
            Array("models: []".utf8), file: "f", baseDirectory: "/srv", overrides: flags)
        #expect(reading.configuration == nil)
        #expect(reading.lines.count == 2)
        #expect(
            reading.lines[0].hasPrefix("f: --rest-port: 'listen.rest' is 'http'; it must be a port")
        )
        #expect(
            reading.lines[1].hasPrefix("f: --log-level: 'log.level' is 'loud'; it must be one of"))
    }

    @Test func argumentsMakeAConfigurationWithoutAFile() throws {
        let reading = Configuration.from(
            arguments: ["digits=./models/digits", "a b=/srv/x=y"],
            overrides: ConfigurationOverrides(restPort: "0"), workingDirectory: "/home/me")
        let configuration = try reading.get()
        #expect(configuration.listen.restPort == 0)
        #expect(
            configuration.models.models == [
                AspiredModel(
                    name: try ModelName("digits"), baseDirectory: "/home/me/models/digits"),
                AspiredModel(name: try ModelName("a b"), baseDirectory: "/srv/x=y"),
            ])
    }

    @Test(arguments: [
        (["digits"], "'digits' is not NAME=DIRECTORY; write for example digits=./models/digits"),
        (["=x"], "'=x' is not NAME=DIRECTORY"), (["x="], "'x=' is not NAME=DIRECTORY"),
        (["a=/a", "a=/b"], "model 'a' is given twice; each name stands once"),
        (["a=s3://b/c"], "'models[0].source' is 's3://b/c', but 's3:' is not offered yet"),
        (["a/b=/c"], "'models[0].name': the model name 'a/b' holds a '/'"),
    ])
    func refusesWrongArguments(_ arguments: [String], _ message: String) {
        let reading = Configuration.from(arguments: arguments, workingDirectory: "/")
        #expect(reading.configuration == nil)
        #expect(
            reading.lines.contains { $0.hasPrefix("command line: " + message) }, "\(reading.lines)")
    }

    @Test func allErrorsReachTheThrownError() {
        let reading = Configuration.reading(
            Array("cpus: x\nmemory: y".utf8), file: "f", baseDirectory: "/")
        #expect {
            try reading.get()
        } throws: { error in
            guard let error = error as? ServingError else { return false }
            return error.code == .configurationInvalid && error.message.contains("f:1:7: 'cpus'")
                && error.message.contains("\nf:2:9: 'memory'")
        }
    }

    @Test func aMissingFileIsUnreadable() {
        #expect(throws: ServingError.self) {
            try Configuration.reading(path: "/no/such/slipway.yaml")
        }
    }

    @Test func relativeSourcesStartAtTheFile() throws {
        try TestFiles.withDirectory { directory in
            let path = directory + "/slipway.yaml"
            try TestFiles.write(Array("models: [{ name: a, source: m }]".utf8), to: path)
            let configuration = try Configuration.reading(path: path).get()
            #expect(configuration.models.models[0].baseDirectory == directory + "/m")
        }
    }

    @Test func printsJSONInTheOrderOfTheSchema() throws {
        let json = try read("models: [{ name: \"a\\\"b\", source: /a }]").json
        #expect(json.hasPrefix("{\n  \"listen\": {\n    \"rest\": 8501,\n    \"admin\": 8502,\n"))
        #expect(json.contains("\"name\": \"a\\\"b\""))
        #expect(json.contains("\"request_timeout\": \"30s\""))
        #expect(json.hasSuffix("}\n"))
    }
}
