import NIOCore
import ServingCore
import Tensors
import Testing
import Wire

private func column(_ name: String, _ type: ElementType, _ row: [Int?]? = [])
    -> ExampleColumnSpecification
{
    ExampleColumnSpecification(name: name, elementType: type, rowDimensions: row)
}

@Suite struct ExampleInputTests {
    @Test func fillsAColumnFromTheFeatureOfItsName() throws {
        let input = try exampleInput([
            [("b", .floats([1, 2])), ("a", .integers([7])), ("unknown", .bytes(["x"]))],
            [("a", .unpackedIntegers([-8])), ("b", .unpackedFloats([3, 4]))],
        ])
        let tensors = try input.tensors(for: [column("a", .int64), column("b", .float32, [2])])
        #expect(tensors.map(\.name) == ["a", "b"])
        #expect(tensors[0].tensor.shape.dimensions == [2])
        #expect(tensors[0].tensor.values(as: Int64.self) == [7, -8])
        #expect(tensors[1].tensor.shape.dimensions == [2, 2])
        #expect(tensors[1].tensor.values(as: Float.self) == [1, 2, 3, 4])
    }

    @Test func anExampleInheritsFromTheContextWhatItLacks() throws {
        let input = try exampleInput(
            [[("a", .floats([1]))], [("a", .floats([2])), ("c", .bytes(["own"]))]],
            context: [("c", .bytes(["shared"])), ("a", .floats([9]))])
        let tensors = try input.tensors(for: [column("a", .float32), column("c", .bytes)])
        #expect(tensors[0].tensor.values(as: Float.self) == [1, 2])
        #expect(BytesElements.strings(in: tensors[1].tensor) == ["shared", "own"])
    }

    @Test func aModelThatParsesExamplesGetsTheContextBeforeEachOfThem() throws {
        let context: TestExample = [("c", .bytes(["shared"]))]
        let own: TestExample = [("a", .floats([1]))]
        let tensor = try exampleInput([own, []], context: context).serialized()
        #expect(tensor.shape.dimensions == [2])
        var elements: [[UInt8]] = []
        BytesElements.forEach(in: tensor) { elements.append(Array($0)) }
        let shared = Array(buffer: exampleMessage(context))
        #expect(elements[0] == shared + Array(buffer: exampleMessage(own)))
        #expect(elements[1] == shared + Array(buffer: exampleMessage([])))
    }

    @Test(arguments: [
        (ElementType.float32, [Int64(16_777_216), -1]), (.float64, [1 << 53, 0]),
        (.float16, [2048, -3]), (.bfloat16, [256, -2]), (.int8, [-128, 127]),
        (.int16, [-32768, 5]), (.int32, [.init(Int32.min), 6]), (.int64, [.min, .max]),
        (.uint8, [255, 0]), (.uint16, [65535, 0]), (.uint32, [4_294_967_295, 0]),
        (.uint64, [.max, 0]), (.bool, [0, 1]),
    ])
    func integersGoIntoEveryNumericTypeThatHoldsThem(type: ElementType, values: [Int64]) throws {
        let input = try exampleInput(values.map { [("x", .integers([$0]))] })
        let tensor = try input.tensors(for: [column("x", type)])[0].tensor
        #expect(tensor.elementType == type)
        #expect(tensor.storage.count == 2 * (type.byteWidth ?? 0))
        let read: [Int64] =
            switch type {
            case .float32: tensor.values(as: Float.self).map { Int64($0) }
            case .float64: tensor.values(as: Double.self).map { Int64($0) }
            case .float16: tensor.values(as: Float16.self).map { Int64($0) }
            case .bfloat16:
                tensor.values(as: UInt16.self).map { Int64(Float(bitPattern: UInt32($0) << 16)) }
            case .int8: tensor.values(as: Int8.self).map { Int64($0) }
            case .int16: tensor.values(as: Int16.self).map { Int64($0) }
            case .int32: tensor.values(as: Int32.self).map { Int64($0) }
            case .uint8, .bool: tensor.values(as: UInt8.self).map { Int64($0) }
            case .uint16: tensor.values(as: UInt16.self).map { Int64($0) }
            case .uint32: tensor.values(as: UInt32.self).map { Int64($0) }
            case .uint64: tensor.values(as: UInt64.self).map { Int64($0) }
            default: tensor.values(as: Int64.self)
            }
        #expect(read == values)
    }

    @Test func floatsAreRoundedToNarrowTypes() throws {
        let input = try exampleInput([[("x", .floats([1.00390625, 3.4e38]))]])
        let narrow = try input.tensors(for: [column("x", .bfloat16, [2])])[0].tensor
        // 1 + 2^-8 lies between two bfloat16 numbers: the even one is 1.
        #expect(narrow.values(as: UInt16.self) == [0x3F80, 0x7F80])
        let wide = try input.tensors(for: [column("x", .float64, [2])])[0].tensor
        #expect(wide.values(as: Double.self) == [1.00390625, Double(Float(3.4e38))])
    }

    @Test(
        arguments: [
            ([nil], [2, 3]), ([nil, 3], [2, 1, 3]), ([1, nil], [2, 1, 3]), (nil, [2, 3]),
        ] as [([Int?]?, [Int])])
    func theFirstExampleDecidesTheOpenExtent(row: [Int?]?, expected: [Int]) throws {
        let input = try exampleInput([[("x", .floats([1, 2, 3]))], [("x", .floats([4, 5, 6]))]])
        let tensor = try input.tensors(for: [column("x", .float32, row)])[0].tensor
        #expect(tensor.shape.dimensions == expected)
    }

    @Test(arguments: [
        (TestFeature.empty, column("x", .float32), "is required but could not be found."),
        (
            .floats([1]), column("x", .int64),
            "Data types don't match. Data type: float but expected type: int64"
        ),
        (
            .integers([1]), column("x", .bytes),
            "Data types don't match. Data type: int64 but expected type: string"
        ),
        (
            .bytes(["1"]), column("x", .float32),
            "Data types don't match. Data type: string but expected type: float"
        ),
        (
            .floats([1, 2]), column("x", .float32),
            "Number of float values != expected.  Values size: 2 but output shape: []"
        ),
        (
            .integers([1, 2]), column("x", .int64, [3]),
            "Number of int64 values != expected.  Values size: 2 but output shape: [3]"
        ),
        (.integers([300]), column("x", .uint8), "300 is no exact uint8"),
        (.integers([2]), column("x", .bool), "2 is no exact bool"),
        (.integers([16_777_217]), column("x", .float32), "16777217 is no exact float"),
        (.integers([257]), column("x", .bfloat16), "257 is no exact bfloat16"),
        (.integers([2049]), column("x", .float16), "2049 is no exact half"),
        (.floats([1, 2, 3]), column("x", .float32, [nil, 2]), "3 values do not make rows of 2"),
        (.floats([1]), column("x", .float32, [nil, nil]), "more than one extent open"),
        (.floats([]), column("x", .float32), "Values size: 0 but output shape: []"),
        (.floats([1]), column("y", .float32), "Feature: y (data type: float) is required"),
    ])
    func saysWhatDoesNotFit(
        feature: TestFeature, column: ExampleColumnSpecification, words: String
    ) throws {
        let input = try exampleInput([[("x", feature)]])
        let text = message { () throws(ServingError) in _ = try input.tensors(for: [column]) }
        #expect(text?.contains(words) == true, "\(text ?? "no error")")
    }

    @Test func laterExamplesMustHaveTheExtentOfTheFirst() throws {
        let input = try exampleInput([[("x", .floats([1, 2]))], [("x", .floats([1]))]])
        let text = message { () throws(ServingError) in
            _ = try input.tensors(for: [column("x", .float32, [nil])])
        }
        #expect(text?.contains("Index: 1.  Number of float values != expected.") == true)
    }

    private static func read(_ message: ByteBuffer) throws -> ExampleInput {
        var input = ExampleInput(in: message)
        try message.withProtobufReader { (reader) throws(ServingError) in try input.merge(reader) }
        return input
    }

    @Test func partsOfAContextAreCountedAndEmptyOnesAreNone() throws {
        func input(_ parts: Int, _ part: ByteBuffer) throws -> ExampleInput {
            var message = ByteBuffer()
            message.writeProtobuf(2) { list in
                list.writeProtobuf(1) { _ in }
                for _ in 0..<parts { list.writeProtobuf(2) { $0.writeImmutableBuffer(part) } }
            }
            return try Self.read(message)
        }
        #expect(try input(100_000, ByteBuffer()).context.isEmpty)
        let one = exampleMessage([("x", .integers([1]))])
        let most = Limits.exampleContextPartsMaximum
        #expect(try input(most, one).context.count == most)
        #expect(throws: ServingError.self) { try input(most + 1, one) }
    }

    @Test func manyListsOfOneKindAreJoined() throws {
        var feature = ByteBuffer()
        for value in 0..<3 {
            feature.writeProtobuf(3) { $0.writeProtobuf(1, signed: Int64(value)) }
            feature.writeProtobuf(3) { _ in }
        }
        var example = ByteBuffer()
        example.writeProtobuf(1) { features in
            features.writeProtobuf(1) { entry in
                entry.writeProtobuf(1, string: "x")
                entry.writeProtobuf(2) { $0.writeImmutableBuffer(feature) }
            }
        }
        var message = ByteBuffer()
        message.writeProtobuf(1) { list in
            list.writeProtobuf(1) { $0.writeImmutableBuffer(example) }
        }
        let column = ExampleColumnSpecification(
            name: "x", elementType: .int8, rowDimensions: [nil])
        let tensors = try Self.read(message).tensors(for: [column])
        #expect(tensors.map(\.tensor.shape.dimensions) == [[1, 3]])
    }

    @Test func ofTwoKindsOfListTheLaterCounts() throws {
        var buffer = ByteBuffer()
        for kind in [1, 2, 1] {
            buffer.writeProtobuf(kind) { list in
                if kind == 1 {
                    list.writeProtobuf(1) { $0.writeBytes([0x0A, 0]) }
                } else {
                    list.writeProtobuf(2) { $0.writeProtobuf(1, string: "never read") }
                }
            }
        }
        var input = ExampleInput(in: buffer)
        try buffer.withProtobufReader { (reader) throws(ServingError) in try input.merge(reader) }
        #expect(input.examples.count == 1)
        #expect(input.context.isEmpty)
    }

    @Test func everyMessageThatIsCutShortIsRefusedOrReads() throws {
        let example = exampleMessage([("x", .floats([1])), ("s", .bytes(["text"]))])
        for count in 0..<example.readableBytes {
            let part = try #require(example.getSlice(at: 0, length: count))
            let input = ExampleInput(in: part, context: nil, examples: [0..<count])
            // What protobuf allows to be cut off is a missing feature then.
            #expect(throws: ServingError.self) {
                try input.tensors(for: [column("x", .float32), column("s", .bytes)])
            }
        }
    }

    @Test func aLongContextForManyExamplesIsRefused() {
        let context = ByteBuffer(repeating: 0, count: 1 << 20)
        let input = ExampleInput(
            in: context, context: 0..<(1 << 20),
            examples: [Range<Int>](repeating: 0..<0, count: 257))
        let serialized = message { () throws(ServingError) in _ = try input.serialized() }
        #expect(serialized?.contains("send fewer examples at once") == true)
        let parsed = message { () throws(ServingError) in
            _ = try input.tensors(for: [column("x", .float32)])
        }
        #expect(parsed?.contains("send fewer examples at once") == true)
    }
}
