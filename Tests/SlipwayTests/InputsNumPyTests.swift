import Inference
import ServingCore
import Tensors
import Testing

@testable import Slipway
@testable import Wire

struct InputsNumPyTests {
    private func read(_ bytes: [UInt8], _ type: ElementType, _ shape: [Int]?) throws -> Tensor {
        try NumPyArray(bytes).tensor(for: InputsModels.specification("x", type, shape))
    }

    private func file(_ name: String) throws -> [UInt8] { try TestFiles.bytes("Arrays/" + name) }

    /// Every file of the numbers 0 to 23 in shape [2, 3, 4], whatever its type and order.
    private static let counts = TestFiles.names(in: "Arrays").filter { name in
        let isNumber = name.first.map { "fiu".contains($0) } ?? false
        return isNumber && (name.dropFirst().first?.isNumber ?? false) || name.hasPrefix("version")
    }

    @Test(arguments: counts)
    func readsEveryTypeAndOrder(_ name: String) throws {
        let wanted = (0..<24).map { Double($0) }
        let bytes = try file(name)
        let doubles = try read(bytes, .float64, [-1, 3, 4])
        #expect(doubles.values(as: Double.self) == wanted)
        #expect(
            try read(bytes, .float32, [2, 3, 4]).values(as: Float.self) == wanted.map(Float.init))
        #expect(
            try read(bytes, .float16, nil).values(as: Float16.self) == wanted.map { Float16($0) })
        if name.hasPrefix("i") || name.hasPrefix("u") {
            #expect(try read(bytes, .uint8, nil).values(as: UInt8.self) == wanted.map { UInt8($0) })
            #expect(try read(bytes, .int64, nil).values(as: Int64.self) == wanted.map { Int64($0) })
        } else {
            // Fractions would be cut without a word.
            #expect(throws: ServingError.self) { try read(bytes, .int64, nil) }
        }
    }

    @Test func theTableOfFilesIsThere() {
        #expect(Self.counts.count == 32)
    }

    @Test func readsBooleansAndTexts() throws {
        #expect(
            try read(file("b1.npy"), .bool, [-1, 3, 4]).values(as: UInt8.self)
                == (0..<24).map { $0 % 3 == 0 ? 1 : 0 })
        let bytes = try read(file("bytes.npy"), .bytes, [-1])
        #expect(BytesElements.strings(in: bytes) == ["ab", "", "c\0d", "wxyz"])
        for name in ["text.npy", "text-big.npy"] {
            let text = try read(file(name), .bytes, [-1])
            #expect(BytesElements.strings(in: text) == ["größ", "", "a\0b", "😀"])
        }
    }

    @Test func scalarsEmptyArraysAndMissingBatches() throws {
        let scalar = try read(file("scalar.npy"), .float32, [])
        #expect(scalar.values(as: Float.self) == [2.5])
        #expect(try read(file("scalar.npy"), .float32, [-1]).shape.dimensions == [1])
        #expect(try read(file("empty.npy"), .float32, [-1, 4]).shape.dimensions == [0, 4])
        let row = try read(file("row.npy"), .float32, [-1, 4])
        #expect(row.shape.dimensions == [1, 4])
        #expect(row.values(as: Float.self) == [0, 0.5, 1, 1.5])
        #expect { try read(file("row.npy"), .float32, [-1, 5]) } throws: {
            "\($0)".contains("the array has shape [4]; input 'x' takes [-1, 5]")
        }
    }

    @Test(arguments: [
        ("refused-structure.npy", "structured"), ("refused-object.npy", "'|O' is not read"),
        ("refused-complex.npy", "'<c8' is not read"), ("refused-date.npy", "'<M8[s]' is not read"),
        ("refused-long-double.npy", "'<f16' is not read"),
    ])
    func refusesOtherTypes(_ name: String, _ message: String) throws {
        #expect { try read(file(name), .float32, nil) } throws: {
            ($0 as? ServingError)?.code == .unsupported && "\($0)".contains(message)
        }
    }

    @Test func valuesMustFitTheInput() throws {
        let array = try Self.array(
            "{'descr': '<i2', 'fortran_order': False, 'shape': (1,)}", [0, 1])
        #expect { try read(array, .uint8, nil) } throws: { "\($0)".contains("does not fit UINT8") }
        #expect(try read(array, .int32, nil).values(as: Int32.self) == [256])
        #expect(throws: ServingError.self) { try read(array, .bool, nil) }
        #expect(throws: ServingError.self) { try read(array, .bytes, nil) }
        #expect(throws: ServingError.self) { try read(file("bytes.npy"), .float32, nil) }
        let two = try Self.array("{'descr': '|b1', 'fortran_order': False, 'shape': (1,)}", [2])
        #expect(throws: ServingError.self) { try read(two, .bool, nil) }
    }

    @Test(arguments: [
        "", "{", "{}", "{'descr': '<f4'}", "[]", "{'descr': '<f4', 'descr': '<f4'}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904)}",
        "{'descr': '<f4', 'fortran_order': maybe, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1} ",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<U0', 'fortran_order': False, 'shape': (4294967296,)}",
        "{'descr': '|S0', 'fortran_order': False, 'shape': (4294967296,)}",
        "{'descr': '<U99999999999', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': "
            + "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
            + "1,1,1,1,1,1,1,1,1,1,1,1,1)}",
        "{'descr': \"<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ()", "{'descr': '\\x3cf4'}",
    ])
    func refusesMalformedHeaders(_ header: String) throws {
        let bytes = try Self.array(header, [0, 0, 0, 0])
        #expect(throws: ServingError.self) { try read(bytes, .float32, nil) }
        #expect(throws: ServingError.self) { try read(bytes, .bytes, nil) }
    }

    @Test func acceptsWhatOldVersionsWrote() throws {
        let bytes = try Self.array(
            "{'shape': (1L, ), 'fortran_order': True, \"descr\": \"<f4\", }  \n",
            [0, 0, 0x80, 0x3F])
        #expect(try read(bytes, .float32, [-1]).values(as: Float.self) == [1])
    }

    @Test(arguments: ["f4-fortran.npy", "text-big.npy", "version2.npy", "b1.npy"])
    func everyCutAndDamagedFileIsReadOrRefused(_ name: String) throws {
        let bytes = try file(name)
        for count in 0..<bytes.count {
            #expect(throws: ServingError.self) { try read(Array(bytes.prefix(count)), .bytes, nil) }
            _ = try? read(Array(bytes.prefix(count)), .float32, nil)
        }
        #expect(throws: ServingError.self) { try NumPyArray(bytes + [0]) }
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<2000 {
            var damaged = bytes
            for _ in 0..<2 {
                damaged[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            _ = try? read(damaged, .float32, nil)
            _ = try? read(damaged, .bytes, nil)
        }
    }

    private static func array(_ header: String, _ data: [UInt8]) throws -> [UInt8] {
        let length = header.utf8.count
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
            + Array(header.utf8) + data
    }
}
