import EngineInterface
import MXNetEngine
import ServingCore
import Testing

/// The readers of both files, and what they refuse.
@Suite struct FileTests {
    @Test(arguments: 0...3) func readsEveryHeaderThatMXNetHasWritten(_ version: Int) throws {
        let bytes = try Fixture.bytes("formats/version_\(version).params")
        let file = try bytes.withUnsafeBytes { try ParameterFile($0) }
        #expect(file.arrays.map(\.name) == ["weight"])
        #expect(file.arrays[0].role == .argument)
        #expect(file.arrays[0].dimensions == [2, 3])
        #expect(file.usesNumpyShapes == (version == 3))
        let values = bytes[file.arrays[0].bytes].withUnsafeBytes {
            Array($0.bindMemory(to: Float.self))
        }
        #expect(values == [0, 1, 2, 3, 4, 5])
    }

    @Test func refusesAFileThatIsCutAnywhere() throws {
        for version in 0...3 {
            let bytes = try Fixture.bytes("formats/version_\(version).params")
            for count in 0..<bytes.count {
                let error = #expect(throws: ServingError.self) {
                    try bytes.prefix(count).withUnsafeBytes { _ = try ParameterFile($0) }
                }
                #expect(error?.code == .modelInvalid, "\(count)")
            }
        }
    }

    @Test func survivesAnyChangedByte() throws {
        for version in 0...3 {
            let bytes = try Fixture.bytes("formats/version_\(version).params")
            for place in bytes.indices {
                for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
                    var changed = bytes
                    changed[place] = value
                    // Whatever it says then, what it says lies within the file.
                    let file = try? changed.withUnsafeBytes { try ParameterFile($0) }
                    for array in file?.arrays ?? [] {
                        #expect(array.bytes.upperBound <= bytes.count)
                    }
                }
            }
        }
    }

    @Test(arguments: [
        ("", "ends where a value should be"), ("[]", "object"), ("{}", "holds no network"),
        (#"{"nodes": [], "heads": []}"#, "holds no network"),
        (#"{"nodes": [{"name": "a"}], "heads": [[0,0,0]]}"#, "no 'op'"),
        (#"{"nodes": [{"op": "null", "name": "a", "inputs": []}], "heads": [[1,0,0]]}"#, "none of"),
        (
            #"{"nodes": [{"op": "f", "name": "a", "inputs": [[0,0,0]]}], "heads": [[0,0,0]]}"#,
            "does not come before it"
        ),
        (
            #"{"nodes": [{"op": "null", "name": "a", "inputs": []}, "#
                + #"{"op": "null", "name": "a", "inputs": []}], "heads": [[0,0,0]]}"#,
            "two variables are called 'a'"
        ),
        (
            #"{"nodes": [{"op": "f", "name": "a", "inputs": [[-1,0,0]]}], "heads": []}"#,
            "connection"
        ),
        (#"{"nodes": [{"op": "f", "name": "a\u0000b", "inputs": []}], "heads": []}"#, "zero byte"),
        (#"{"nodes": [], "nodes": [], "heads": []}"#, "twice"),
    ]) func saysWhatIsWrongWithANetwork(_ text: String, _ word: String) throws {
        let error = #expect(throws: ServingError.self) {
            try Array(text.utf8).withUnsafeBytes { _ = try SymbolGraph($0) }
        }
        #expect(error?.code == .modelInvalid)
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        (["x-symbol.json", "x-0000.params"], "x-symbol.json"),
        (["x-symbol.json", "x-0000.params", "x-0009.params", "synset.txt"], "x-symbol.json"),
        (["x-symbol.json", "y-symbol.json"], "*-symbol.json"), (["net.params"], "net.params"),
        (["model.onnx"], nil), (["symbol.json"], nil), (["deep/x-symbol.json"], nil),
    ]) func recognisesItsFiles(_ names: [String], _ entry: String?) {
        let files = ModelFiles(
            directory: "/nowhere",
            entries: names.map { .init(name: $0, byteCount: 1, isDirectory: false) })
        #expect(Fixture.engine.recognise(files)?.entry == entry)
    }
}
