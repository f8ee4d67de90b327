// swift-tools-version: 6.2
import PackageDescription

// One list of settings for every Swift target, so that no room has rules of its own.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// Products of other packages, by the short names that the rooms below use.
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")

/// A library target that lives in `Sources/<layer>/<name>`.
func room(
    _ layer: String, _ name: String, _ dependencies: [Target.Dependency] = [],
    data: [String] = [], resources: [Resource]? = nil
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(layer)/\(name)", exclude: data,
        resources: resources, swiftSettings: settings)
}

/// The test target of a room, in `Tests/<name>Tests`.
func tests(
    _ name: String, _ dependencies: [Target.Dependency], data: [String] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)Tests",
        exclude: data, swiftSettings: settings)
}

/// The test target of an engine's room.
func engineTests(_ name: String, _ more: [Target.Dependency] = []) -> Target {
    let engine: [Target.Dependency] = [
        "ServingCore", "Tensors", "Inference", "EngineInterface", "EngineDocuments",
        .byName(name: name), "EngineConformance", "TestSupport",
    ]
    return tests(name, engine + more)
}

let package = Package(
    name: "slipway",
    products: [
        .executable(name: "slipway", targets: ["slipway"]),
        .library(name: "SlipwayClient", targets: ["SlipwayClient"]),
        // For the package in Fuzz/, which builds the fuzzers.
        .library(name: "FuzzTargets", targets: ["FuzzTargets"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // MARK: Core: the vocabulary; no I/O, no Foundation
        room("Core", "ServingCore"),
        room("Core", "Tensors", ["ServingCore"]),
        room("Core", "Inference", ["ServingCore", "Tensors"]),

        // MARK: Engines: one folder a framework
        room("Engines", "EngineInterface", ["ServingCore", "Tensors", "Inference"]),
        room("Engines", "NativeLibrary", ["ServingCore"]),
        .target(name: "CONNXRuntime", path: "Sources/Engines/CONNXRuntime"),
        room(
            "Engines", "ONNXEngine",
            [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "NativeLibrary",
                "EngineDocuments", "CONNXRuntime",
            ]),
        room("Engines", "EngineDocuments", ["ServingCore"]),
        .target(name: "CWorkerProcess", path: "Sources/Engines/CWorkerProcess"),
        room(
            "Engines", "WorkerProcess",
            ["ServingCore", "Tensors", "Inference", "EngineInterface", "CWorkerProcess"]),
        .target(name: "CTensorFlow", path: "Sources/Engines/CTensorFlow"),
        room(
            "Engines", "TensorFlowEngine",
            [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "NativeLibrary",
                "EngineDocuments", "CTensorFlow",
            ]),
        .target(name: "CTorchShim", path: "Sources/Engines/CTorchShim"),
        room(
            "Engines", "TorchEngine",
            [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "NativeLibrary",
                "EngineDocuments", "CTorchShim",
            ]),
        .target(name: "CMXNet", path: "Sources/Engines/CMXNet"),
        room(
            "Engines", "MXNetEngine",
            [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "NativeLibrary",
                "EngineDocuments", "CMXNet",
            ]),
        room(
            "Engines", "TreeEngine",
            ["ServingCore", "Tensors", "Inference", "EngineInterface", "EngineDocuments"]),
        room(
            "Engines", "SparkEngine",
            ["ServingCore", "Tensors", "Inference", "EngineInterface", "EngineDocuments"]),
        .target(name: "CPythonWorker", path: "Sources/Engines/CPythonWorker"),
        room(
            "Engines", "PythonEngine",
            [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "EngineDocuments",
                "CWorkerProcess", "WorkerProcess", "CPythonWorker",
            ], data: ["Worker"]),
        room(
            "Engines", "BuiltinEngine", ["ServingCore", "Tensors", "Inference", "EngineInterface"]),

        // MARK: DataPlane: in the order a request meets them
        .systemLibrary(
            name: "CZlib", path: "Sources/DataPlane/CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"])]),
        room("DataPlane", "Wire", ["ServingCore", "Tensors", "Inference", nioCore]),
        room(
            "DataPlane", "Listener",
            [
                "ServingCore", "Inference", "CZlib", "Wire", nioCore, nioPosix, nioHTTP1, nioHTTP2,
                nioHPACK, nioSSL, logging,
            ]),
        room(
            "DataPlane", "Protocols",
            [
                "ServingCore", "Tensors", "Inference", "Listener", "Wire", nioCore, nioHTTP1,
                nioHPACK,
            ]),
        room(
            "DataPlane", "Models",
            ["ServingCore", "Tensors", "Inference", "EngineInterface", logging]),
        room(
            "DataPlane", "Scheduling",
            ["ServingCore", "Tensors", "Inference", "EngineInterface", "Models"]),
        room(
            "DataPlane", "Telemetry",
            ["ServingCore", "Inference", "Listener", nioCore, nioHTTP1, logging]),

        // MARK: Assembly, client library and the executable
        room(
            "", "Slipway",
            [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "NativeLibrary",
                "EngineDocuments", "WorkerProcess", "ONNXEngine", "TensorFlowEngine",
                "TorchEngine", "MXNetEngine", "TreeEngine", "SparkEngine", "PythonEngine",
                "BuiltinEngine", "Listener", "Wire", "Protocols", "Models", "Scheduling",
                "Telemetry", "Conformance", "CZlib", nioCore, nioPosix, nioHTTP1, logging, yams,
            ],
            // Python programs that `slipway engines install` and `slipway convert` run.
            resources: [
                .embedInCode("EngineLibraries/fetch_engines.py"), .embedInCode("Conversion/Tools"),
            ]),
        room(
            "", "SlipwayClient",
            [
                "ServingCore", "Tensors", "Wire", nioCore, nioPosix, nioHTTP1, nioHTTP2, nioHPACK,
                nioSSL,
            ]),
        room(
            "", "Conformance",
            ["ServingCore", "Tensors", "Wire", "SlipwayClient", nioCore, nioHTTP1]),
        .executableTarget(
            name: "slipway",
            dependencies: [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "Slipway",
                "SlipwayClient", "Conformance", "Wire", nioCore, logging, argumentParser,
            ],
            path: "Sources/slipway", swiftSettings: settings),

        // MARK: The floors of `make bench`
        .executableTarget(
            name: "bench-floor",
            dependencies: [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "ONNXEngine",
                "TensorFlowEngine", "WorkerProcess", "BuiltinEngine", "Wire",
                nioCore, nioPosix, nioHTTP1, nioHTTP2, nioHPACK,
            ],
            path: "Benchmarks/Floor", swiftSettings: settings),

        .executableTarget(
            name: "bench-trees",
            dependencies: [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "TreeEngine",
            ],
            path: "Benchmarks/Trees", exclude: ["make_models.py", "run"], swiftSettings: settings),

        // MARK: Test support: fakes and the suite that every engine passes
        .target(
            name: "TestSupport",
            dependencies: ["ServingCore", "Tensors", "Inference", "EngineInterface"],
            path: "Tests/TestSupport", swiftSettings: settings),
        .target(
            name: "EngineConformance",
            dependencies: ["ServingCore", "Tensors", "Inference", "EngineInterface"],
            path: "Tests/EngineConformance", swiftSettings: settings),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "EngineDocuments",
                "WorkerProcess", "TensorFlowEngine", "TorchEngine", "MXNetEngine", "TreeEngine",
                "SparkEngine", "Listener", "Wire", "Protocols", "Slipway", nioCore, nioEmbedded,
                nioHTTP1, logging,
            ],
            path: "Fuzz/FuzzTargets", swiftSettings: settings),

        // MARK: Tests, a target a room
        tests("Architecture", []),
        tests("ServingCore", ["ServingCore"]),
        tests("Tensors", ["ServingCore", "Tensors"]),
        tests("Inference", ["ServingCore", "Tensors", "Inference", "TestSupport"]),
        tests(
            "EngineInterface",
            ["ServingCore", "Tensors", "Inference", "EngineInterface", "TestSupport"]),
        tests("NativeLibrary", ["ServingCore", "NativeLibrary"]),
        tests(
            "ONNXEngine",
            [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "EngineDocuments",
                "ONNXEngine", "EngineConformance", "WorkerProcess",
            ]),
        tests("EngineDocuments", ["ServingCore", "EngineDocuments"]),
        tests(
            "WorkerProcess",
            [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "WorkerProcess",
                "BuiltinEngine", "EngineConformance", "TestSupport",
            ]),
        engineTests("TensorFlowEngine"),
        engineTests("TorchEngine"),
        engineTests("MXNetEngine"),
        engineTests("TreeEngine"),
        engineTests("SparkEngine"),
        engineTests("PythonEngine", ["WorkerProcess"]),
        tests(
            "BuiltinEngine",
            [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "BuiltinEngine",
                "EngineConformance",
            ]),
        tests(
            "Listener",
            [
                "ServingCore", "Inference", "Listener", "Wire", "TestSupport", nioCore, nioPosix,
                nioHTTP1, nioHTTP2, nioHPACK, nioEmbedded, nioSSL,
            ]),
        tests(
            "Conformance",
            [
                "ServingCore", "Tensors", "Wire", "SlipwayClient", "Conformance", "Slipway",
                nioCore, nioPosix, nioHTTP1, nioHTTP2, nioHPACK,
            ]),
        tests("Wire", ["ServingCore", "Tensors", "Wire", nioCore]),
        tests(
            "Protocols",
            [
                "ServingCore", "Tensors", "Inference", "Listener", "Wire", "Protocols",
                "TestSupport", nioCore, nioHTTP1, nioHPACK,
            ]),
        tests(
            "Models",
            [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "Models",
                "BuiltinEngine", "TestSupport", logging,
            ]),
        tests(
            "Scheduling",
            [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "Models", "Scheduling",
                "TestSupport",
            ]),
        tests(
            "Telemetry",
            [
                "ServingCore", "Inference", "Listener", "Telemetry", "TestSupport", nioCore,
                nioHTTP1, logging,
            ]),
        tests(
            "Slipway",
            [
                "ServingCore", "Tensors", "Inference", "EngineInterface", "Models", "Wire",
                "Protocols", "Scheduling", "BuiltinEngine", "Slipway", "TestSupport", nioCore,
                logging,
            ], data: ["Arrays", "Configurations", "Pictures", "InputsFixtures.py"]),
        tests(
            "SlipwayClient",
            [
                "ServingCore", "Tensors", "Wire", "SlipwayClient", nioCore, nioPosix, nioHTTP1,
                nioHTTP2, nioHPACK,
            ]),
        tests("FuzzCorpus", ["FuzzTargets"]),
    ]
)
