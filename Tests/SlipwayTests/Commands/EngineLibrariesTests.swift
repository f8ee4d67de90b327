import ServingCore
import Slipway
import Testing

@Suite struct EngineLibrariesTests {
    /// The versions that engines ask for are those that the program fetches.
    @Test(arguments: EngineLibraries.versions.indices)
    func versionsAgreeWithThePinnedRows(_ index: Int) throws {
        let (engine, version) = EngineLibraries.versions[index]
        let row = try #require(
            EngineLibraries.script.firstRange(of: "    \"\(engine)\": Engine("), "\(engine)")
        let rest = EngineLibraries.script[row.upperBound...]
        let end = rest.firstRange(of: "\n    ),")?.lowerBound ?? rest.endIndex
        #expect(rest[..<end].contains("version=\"\(version)"))
    }

    @Test(arguments: [
        (["mxnet", "onnxruntime"], nil), (["mxnett"], "did you mean 'mxnet'?"),
        (["builtin"], "needs no library"), (["python"], "environment is made"),
        (["mxnet", "../x"], "no engine is called '../x'"),
    ])
    func knowsWhichEnginesHaveALibrary(_ engines: [String], _ word: String?) {
        do throws(ServingError) {
            try EngineLibraries.check(engines)
            #expect(word == nil)
        } catch {
            #expect(error.code == .configurationInvalid)
            #expect(word.map { error.message.contains($0) } == true, "\(error)")
        }
    }
}
