import EngineDocuments

/// A `SignatureDef` as the file has it.
public struct SignatureDefinition: Sendable {
    /// One input or output: a `TensorInfo` with its name in the signature.
    public struct Argument: Sendable {
        /// What clients call it.
        public var name = ""
        /// The tensor in the graph: `StatefulPartitionedCall:0`; empty when it is not one tensor.
        public var tensor = ""
        /// The element type's number, `DataType`.
        public var type: Int32 = 0
        /// The extents, -1 for any; nil when the rank is not known.
        public var extents: [Int64]?
        /// Why it cannot be carried; nil for a dense tensor.
        public var objection: String?
    }

    /// The signature's name.
    public let name: String
    /// The inputs, sorted by name: the file keeps them in no order.
    public private(set) var inputs: [Argument] = []
    /// The outputs, sorted by name.
    public private(set) var outputs: [Argument] = []
    /// What TensorFlow Serving uses it for: `tensorflow/serving/predict`.
    public private(set) var method = ""

    /// Reads a `SignatureDef`: inputs 1, outputs 2, method_name 3.
    init(name: String, _ bytes: UnsafeRawBufferPointer) throws(ProtobufDamage) {
        self.name = name
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            switch number {
            case 1: inputs.append(try Argument(value.content))
            case 2: outputs.append(try Argument(value.content))
            case 3: method = value.text
            default: break
            }
        }
        inputs.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        outputs.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}

extension SignatureDefinition.Argument {
    /// Reads a map's entry with a `TensorInfo`: name 1, dtype 2, tensor_shape 3, coo_sparse 4,
    /// composite_tensor 5.
    fileprivate init(_ entry: UnsafeRawBufferPointer) throws(ProtobufDamage) {
        let (name, information) = try MapEntry.read(entry)
        self.name = name
        // Without the field the shape is that of a scalar.
        extents = []
        var fields = ProtobufFields(information)
        while let (number, value) = try fields.next() {
            switch number {
            case 1: tensor = value.text
            case 2: type = Int32(truncatingIfNeeded: value.number)
            case 3: extents = try Self.extents(value.content)
            case 4: objection = "a sparse tensor"
            case 5: objection = "a tensor of several parts (ragged or sparse)"
            default: break
            }
        }
    }

    /// `TensorShapeProto`: dim 2 with size 1, unknown_rank 3.
    private static func extents(_ bytes: UnsafeRawBufferPointer) throws(ProtobufDamage)
        -> [Int64]?
    {
        var extents: [Int64] = []
        var isUnknown = false
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            if number == 3 { isUnknown = value.number != 0 }
            guard number == 2 else { continue }
            var extent: Int64 = 0
            var dimension = ProtobufFields(value.content)
            while let (number, value) = try dimension.next() {
                if number == 1 { extent = value.number }
            }
            extents.append(extent)
        }
        return isUnknown ? nil : extents
    }
}
