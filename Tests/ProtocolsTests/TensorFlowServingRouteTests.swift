import ServingCore
import Testing

@testable import Protocols

@Suite struct TensorFlowServingRouteTests {
    private static func match(_ target: String) throws(ServingError) -> TensorFlowServingRoute? {
        try RequestPath.withPath(of: target) { path throws(ServingError) in
            try TensorFlowServingRoute.match(path)
        }
    }

    private static func model(_ name: String, _ choice: ModelReference.Choice = .latest)
        -> ModelReference
    {
        ModelReference(name: name, choice: choice)
    }

    @Test(arguments: [
        ("/v1/models/m:predict", TensorFlowServingRoute.predict(model("m"))),
        ("/v1/models/m:classify", .classify(model("m"))),
        ("/v1/models/m:regress", .regress(model("m"))),
        ("/V1/MODELS/m/VERSIONS/7:predict", .predict(model("m", .version(ModelVersion(7))))),
        ("/v1/models/m/versions/007:predict", .predict(model("m", .version(ModelVersion(7))))),
        ("/v1/models/m/labels/canary:predict", .predict(model("m", .label("canary")))),
        ("/v1/models/m/labels/a%20b:predict", .predict(model("m", .label("a b")))),
        ("/v1/models/m:predict?x=/v1/y", .predict(model("m"))),
        ("http://host:8501/v1/models/m:predict", .predict(model("m"))),
        ("/v1/models/half%5Fplus_two:predict", .predict(model("half_plus_two"))),
        ("/v1/models/100%:predict", .predict(model("100%"))),
        ("/v1/models/%zz:predict", .predict(model("%zz"))),
        ("/v1/models/m", .status(model("m"))),
        ("/v1/models/m/versions/7", .status(model("m", .version(ModelVersion(7))))),
        ("/v1/models/m/labels/x", .status(model("m", .label("x")))),
        ("/v1/models/m/metadata", .metadata(model("m"))),
        ("/v1/models/m/METADATA", .status(model("m"))),
        ("/v1/models/m/versions/7/metadata", .metadata(model("m", .version(ModelVersion(7))))),
        ("/v1/models/m/labels/metadata", .status(model("m", .label("metadata")))),
        ("/v1/models/metadata", .status(model("metadata"))),
        ("/v1/models/labels/metadata", .metadata(model("labels"))),
        ("/v1/models/versions/versions/3", .status(model("versions", .version(ModelVersion(3))))),
        ("/v1/models", .missingModelName),
        ("/v1/models/versions/3", .missingModelName),
        ("/v1/models/versions/3/metadata", .missingModelName),
        ("/v1/models/labels/x", .missingModelName),
    ])
    func matchesWhatTheRegularExpressionsOfTensorFlowServingMatch(
        target: String, expected: TensorFlowServingRoute
    ) throws {
        #expect(try Self.match(target) == expected)
    }

    @Test(arguments: [
        "/v1/", "/v1/models/", "/v1/model/m", "/v1/models/m/", "/v1/models/m:PREDICT",
        "/v1/models/m:predict/", "/v1/models/m:predicts", "/v1/models/:predict",
        "/v1/models/m/versions/x:predict", "/v1/models/m/versions/:predict",
        "/v1/models/m/versions/-1:predict", "/v1/models/m/labels/:predict",
        "/v1/models/m/versions/1/labels/x:predict", "/v1/models/m:predict:predict",
        "/v1/models/m:x/versions/1:predict", "/v1//models/m:predict", "/v1/models/a/b/c/d/e/f/g",
        "/v1/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16",
    ])
    func callsEverythingElseBelowV1Malformed(target: String) throws {
        #expect(try Self.match(target) == .malformed)
    }

    @Test(arguments: [
        "/", "", "/v1", "/v2/models/m", "/v11/models", "v1/models/m", "*", "?", "http://h",
    ])
    func leavesOtherPathsAlone(target: String) throws {
        #expect(try Self.match(target) == nil)
    }

    @Test(arguments: [
        "/v1/models/m/versions/9223372036854775808:predict",
        "/v1/models/m/versions/9223372036854775808",
        "/v1/models/m/versions/9223372036854775808/metadata",
        "/v1/models/versions/9223372036854775808",
    ])
    func refusesVersionsBeyond64Bits(target: String) {
        #expect(
            throws: ServingError(
                .invalidRequest, "Failed to convert version: 9223372036854775808 to numeric.")
        ) { try Self.match(target) }
    }
}
