import NIOCore
import ServingCore
import Tensors
import Testing
import Wire

@Suite struct BinaryTensorsTests {
    @Test func borrowsTheBodyWhenItIsAligned() throws {
        var body = ByteBuffer()
        body.writeInteger(UInt64(0))
        for value in [1, 2, 3] as [Float] {
            body.writeInteger(value.bitPattern, endianness: .little)
        }
        body.moveReaderIndex(forwardBy: 8)
        let address = body.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        let tensor = try BinaryTensors.read(.float32, Shape([3]), from: &body, byteCount: 12)
        #expect(tensor.values(as: Float.self) == [1, 2, 3])
        #expect(tensor.storage.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } == address)
        #expect(body.readableBytes == 0)
    }

    @Test func keepsItsBytesWhenTheBufferIsWrittenAgain() throws {
        var body = ByteBuffer(bytes: [1, 2, 3, 4])
        let tensor = try BinaryTensors.read(.uint8, Shape([4]), from: &body, byteCount: 4)
        body.clear()
        body.writeBytes([9, 9, 9, 9])
        #expect(tensor.values(as: UInt8.self) == [1, 2, 3, 4])
    }

    @Test func copiesWhenTheBodyIsNotAligned() throws {
        for shift in 1..<8 {
            var body = ByteBuffer(repeating: 0, count: shift)
            body.writeInteger(42.5.bitPattern, endianness: .little)
            body.moveReaderIndex(forwardBy: shift)
            let tensor = try BinaryTensors.read(.float64, .scalar, from: &body, byteCount: 8)
            #expect(tensor.storage.isAligned(to: 8))
            #expect(tensor.values(as: Double.self) == [42.5])
        }
    }

    @Test(
        arguments: [
            (ElementType.float32, [2], [UInt8](repeating: 0, count: 8), 12, "8 bytes are left"),
            (.float32, [2], [UInt8](repeating: 0, count: 8), -1, "8 bytes are left"),
            (.float32, [2], [UInt8](repeating: 0, count: 8), 4, "has 8 bytes, not 4"),
            (.bool, [1], [2], 1, "BOOL element is 0 or 1"),
            (.bytes, [1], [5, 0, 0, 0, 1], 5, "cut short"),
            (.bytes, [2], [0, 0, 0, 0], 4, "holds 1 elements where the shape has 2"),
            (.bytes, [1], [255, 255, 255, 255], 4, "cut short"),
        ] as [(ElementType, [Int], [UInt8], Int, String)])
    func refusesBytesThatDoNotFit(
        type: ElementType, extents: [Int], bytes: [UInt8], count: Int, expected: String
    ) throws {
        let shape = try Shape(extents)
        var body = ByteBuffer(bytes: bytes)
        let found = message { () throws(ServingError) in
            _ = try BinaryTensors.read(type, shape, from: &body, byteCount: count)
        }
        #expect(found?.contains(expected) == true, "\(found ?? "none")")
    }

    @Test func appendsWhatItReads() throws {
        let bytes: [UInt8] = [2, 0, 0, 0, 0x68, 0x69, 0, 0, 0, 0]
        var body = ByteBuffer(bytes: bytes)
        let tensor = try BinaryTensors.read(.bytes, Shape([2]), from: &body, byteCount: 10)
        #expect(BytesElements.strings(in: tensor) == ["hi", ""])
        var copy = ByteBuffer()
        BinaryTensors.append(tensor, to: &copy)
        #expect(copy == ByteBuffer(bytes: bytes))
    }
}

@Suite struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func agreesWithTheVectorsOfRFC4648(plain: String, text: String) throws {
        #expect(Base64.encode(plain.utf8) == text)
        #expect(try Base64.decode(text.utf8, .strict) == Array(plain.utf8))
        #expect(try Base64.decode(text.utf8, .tensorFlowServing) == Array(plain.utf8))
    }

    @Test(arguments: [
        ("Zg", "f"), ("Zg..", "f"), ("Zm8", "fo"), (" Z g = = \n", "f"), ("Zh==", "f"),
        ("Zm\t9v", "foo"), ("Zg=.", "f"),
    ])
    func readsWhatAbseilReads(text: String, plain: String) throws {
        #expect(try Base64.decode(text.utf8, .tensorFlowServing) == Array(plain.utf8))
        #expect(throws: ServingError.self) { try Base64.decode(text.utf8, .strict) }
    }

    @Test(arguments: ["Z", "Zg=", "Zg===", "Z===", "=", "Zm9v=", "Zg==Zg==", "Z-_=", "Zm9v!", "é"])
    func refusesWhatIsNoBase64(text: String) {
        for leniency in [Base64.Leniency.strict, .tensorFlowServing] {
            #expect(throws: ServingError(.invalidTensor, "Unable to base64 decode")) {
                try Base64.decode(text.utf8, leniency)
            }
        }
    }
}
