// swift-tools-version: 6.2
import PackageDescription

// The libFuzzer executables, one a function of FuzzTargets. A package of its own, because their
// unsafe flags would keep anyone from depending on the main one.
//
//     swift build --package-path Fuzz -c release -Xswiftc -sanitize=fuzzer
//     Fuzz/.build/release/json-tensor-reader Fuzz/Corpus/JSONTensorReader -max_total_time=60

let names = [
    "json-tensor-reader": "JSONTensorReader",
    "binary-tensors": "BinaryTensors",
    "json-document": "JSONDocument",
    "request-path": "RequestPath",
    "predict-body": "PredictBody",
]

let package = Package(
    name: "slipway-fuzz",
    dependencies: [.package(name: "slipway", path: "..")],
    targets: names.sorted { $0.key < $1.key }.map { name, folder in
        .executableTarget(
            name: name,
            dependencies: [.product(name: "FuzzTargets", package: "slipway")],
            path: "Executables/\(folder)",
            swiftSettings: [.swiftLanguageMode(.v6), .unsafeFlags(["-parse-as-library"])],
            // SwiftPM defines `main` itself, so libFuzzer's own, which is linked as a whole, has to
            // give way; gold cannot do that.
            linkerSettings: [
                .unsafeFlags([
                    "-sanitize=fuzzer", "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "muldefs",
                ])
            ])
    }
)
