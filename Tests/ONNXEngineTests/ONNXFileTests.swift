import EngineDocuments
@testable import ONNXEngine
import Testing

@Suite struct ONNXFileTests {
    private func read(_ bytes: [UInt8]) throws -> ONNXFile {
        try bytes.withUnsafeBytes { try ONNXFile($0) }
    }

    @Test func readsLabelsAndOperatorSets() throws {
        let file = try read(Fixture.bytes(of: "zipmap_string"))
        #expect(file.classLabels == ["output_probability": .texts(["low", "mid", "high"])])
        #expect(file.operatorSets.map(\.domain).sorted() == ["ai.onnx", "ai.onnx.ml"])
        #expect(file.nodeCount == 3 && file.hasGraph)
    }

    @Test func findsWeightsOutsideTheFile() throws {
        let file = try read(Fixture.bytes(Fixture.externalData + "/model.onnx"))
        #expect(file.weightFiles == ["weights.bin"])
    }

    @Test func neverReadsBeyondAFileThatIsCutAnywhere() throws {
        for name in ["linear", "loop_slow", "zipmap_int64", "metadata"] {
            let whole = try Fixture.bytes(of: name)
            for count in 0..<whole.count {
                // Memory of exactly that size, so that the sanitizer sees one byte too many.
                let part = Array(whole[..<count])
                _ = try? read(part)
            }
        }
    }

    @Test func neverTrapsOnDamage() throws {
        var state: UInt64 = 42
        for name in ["loop_slow", "zipmap_string", "metadata"] {
            let whole = try Fixture.bytes(of: name)
            for _ in 0..<5000 {
                var bytes = whole
                for _ in 0..<3 {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    let index = Int(state >> 33) % bytes.count
                    bytes[index] = UInt8(truncatingIfNeeded: state >> 24)
                }
                _ = try? read(bytes)
            }
        }
    }

    @Test(
        arguments: [
            ([0x3A, 0x05, 0x01], .cutShort(missing: 4)), ([0x08], .cutShort(missing: 1)),
            ([0x0B], .notProtobuf), ([0x00], .notProtobuf),
            ([0x08] + .init(repeating: 0xFF, count: 11), .notProtobuf),
            ([0x3A] + .init(repeating: 0xFF, count: 9) + [0x01], .notProtobuf),
            ([0x0D, 0, 0], .cutShort(missing: 2)),
        ] as [([UInt8], ProtobufDamage)])
    func saysWhatIsDamaged(bytes: [UInt8], damage: ProtobufDamage) {
        #expect(throws: damage) { _ = try read(bytes) }
    }

    @Test func doesNotFollowGraphsWithoutEnd() {
        // A node in a graph in an attribute of a node, and so on.
        var graph: [UInt8] = []
        for _ in 0..<2000 {
            func wrapped(_ key: UInt8) -> [UInt8] {
                var size: [UInt8] = []
                var rest = graph.count
                while rest >= 0x80 {
                    size.append(UInt8(rest & 0x7F) | 0x80)
                    rest >>= 7
                }
                return [key] + size + [UInt8(rest)] + graph
            }
            for key in [0x32, 0x2A, 0x0A] as [UInt8] { graph = wrapped(key) }
            if graph.count > 20_000 { break }
        }
        let model =
            [
                0x3A, UInt8(graph.count & 0x7F) | 0x80, UInt8(graph.count >> 7 & 0x7F) | 0x80,
                UInt8(graph.count >> 14),
            ] + graph
        #expect(throws: ProtobufDamage.notProtobuf) { _ = try read(model) }
    }

    @Test(arguments: [
        ("PK\u{3}\u{4}rest", "zip"), ("version https://example/spec\nsize 3", "large files"),
        ("<!DOCTYPE html>\n<html>", "<!DOCTYPE html>"), ("{\"a\": 1}", "text"),
        ("\u{8}\u{0}\u{0}\u{0}ORTMxx", ".ort"),
    ])
    func saysWhatAFileLooksLike(start: String, words: String) {
        let kind = Array(start.utf8).withUnsafeBytes { ModelFileKind.describe($0) }
        #expect(kind?.contains(words) == true, "\(kind ?? "nil")")
    }
}
