import Testing

@testable import Protocols

@Suite struct CanonicalTargetTests {
    @Test(arguments: [
        ("/V1/models/m/VERSIONS/007:predict?x", "/v1/models/%6d/versions/7:predict"),
        ("/v1/models/m/METADATA", "/v1/models/%6d"),
        ("/v1/models/labels/metadata", "/v1/models/%6c%61%62%65%6c%73/metadata"),
        ("/v2/models/m/versions/1/infer", "/v2/models/%6d/versions/1/infer"),
    ])
    func spellsARouteInOneWay(target: String, canonical: String) {
        #expect(CanonicalTarget.of(target) == canonical)
        #expect(CanonicalTarget.of(canonical) == canonical)
    }
}
