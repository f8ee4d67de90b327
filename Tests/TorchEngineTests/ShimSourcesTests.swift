import EngineInterface
import Testing
import TorchEngine

/// The shim's sources in the program are those of this checkout.
@Suite struct ShimSourcesTests {
    @Test func carriesExactlyTheFilesOfTheFolder() throws {
        let folder = "Native/torch-shim"
        let there = try ModelFiles.list(Fixture.root + "/" + folder).entries.map {
            folder + "/" + $0.name
        }
        let files = TorchShimSources.files
        let carried = files.map(\.path).filter { $0.hasPrefix(folder) }
        #expect(carried.sorted() == there.sorted())
        #expect(files.contains { $0.path == "scripts/build-torch-shim" })
        for file in files {
            let bytes = try Fixture.bytes(Fixture.root + "/" + file.path)
            #expect(
                Array(file.text.utf8) == bytes, "\(file.path) was changed after the build")
            // As an argument of `slipway engines install`, which Linux limits to 128 KiB.
            #expect(bytes.count < 100_000)
        }
    }
}
