// swift-tools-version: 6.2
import PackageDescription

// The libFuzzer executables, one a function of FuzzTargets. A package of its own, because their
// unsafe flags would keep anyone from depending on the main one.
//
// `make fuzz` builds and runs them; each has its seeds in Corpus/ under its own name.

let names = [
    "BinaryTensors",
    "ExampleRequests",
    "Examples",
    "ExtensionRequests",
    "GRPCMessages",
    "HTTP2Frames",
    "HTTPRequests",
    "InvocationsBody",
    "JSONDocument",
    "JSONTensorReader",
    "LightGBMModel",
    "MXNetParams",
    "ModelConfiguration",
    "ModelInferRequest",
    "ParquetFile",
    "PredictBody",
    "PredictRequest",
    "RequestPath",
    "SavedModel",
    "SparkPipeline",
    "TFRecord",
    "TensorProto",
    "TextProtobuf",
    "TorchFile",
    "YAMLValue",
    "WorkerProtocol",
    "XGBoostModel",
]

let package = Package(
    name: "slipway-fuzz",
    dependencies: [.package(name: "slipway", path: "..")],
    targets: names.map { name in
        .executableTarget(
            name: name,
            dependencies: [.product(name: "FuzzTargets", package: "slipway")],
            path: "Executables/\(name)",
            swiftSettings: [.swiftLanguageMode(.v6), .unsafeFlags(["-parse-as-library"])])
    }
)
