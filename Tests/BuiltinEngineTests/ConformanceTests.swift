import BuiltinEngine
import EngineConformance
import EngineInterface
import ServingCore
import Tensors
import Testing

/// The suite that every engine passes, with built-in models.
@Suite struct ConformanceTests {
    @Test(arguments: EngineConformance.Check.allCases)
    func conforms(to check: EngineConformance.Check) throws {
        try Self.withConformance { try $0.run(check) }
    }

    @Test func conformsInResources() async {
        await #expect(processExitsWith: .success) {
            for check in EngineConformance.ResourceCheck.allCases {
                do {
                    try ConformanceTests.withConformance { try $0.run(check) }
                } catch {
                    Issue.record("\(check): \(error)")
                }
            }
        }
    }

    static func withConformance(_ body: (EngineConformance) throws -> Void) throws {
        let folder = try DescriptionFolder()
        var identities: [ElementType: ModelSource] = [:]
        for type in ElementType.allCases {
            identities[type] = try folder.source(
                "kind: identity\ntype: \(type)\nshape: [-1, -1]\n")
        }
        let sources = identities
        let conformance = EngineConformance(
            engine: BuiltinEngine(),
            environment: EngineEnvironment(budget: CPUBudget(processors: 2)),
            models: .init(
                identity: { sources[$0] },
                scalar: try folder.source("kind: identity\nshape: []\n"),
                slow: (
                    try folder.source("kind: faulty\nfail: hang\n"),
                    [try Tensor(.float32, .vector(1), values: [1 as Float])]
                ),
                broken: [
                    (try folder.source("kind: faulty\nfail: load"), .modelInvalid, "to fail"),
                    (try folder.source("knd: identity"), .modelInvalid, "'kind'"),
                    (try folder.source(nil), .fileUnreadable, "No such file"),
                ],
                large: nil))
        try body(conformance)
        withExtendedLifetime(folder) {}
    }
}
