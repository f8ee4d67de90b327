import EngineDocuments
import ServingCore

/// What an ONNX file says that the library does not tell, read straight from its bytes.
///
/// Source of the field numbers: `onnx.proto`, which never reuses one.
struct ONNXFile: Sendable {
    /// The file format's version.
    var formatVersion: Int64 = 0
    /// Operator sets that the model needs, with the highest number of each domain.
    var operatorSets: [(domain: String, version: Int64)] = []
    /// Names of files with weights, relative to the model's directory, each once.
    var weightFiles: [String] = []
    /// Class labels of the outputs that a ZipMap node makes, in the file's order.
    var classLabels: [String: ClassLabels] = [:]
    /// Inputs and outputs whose type has no shape, not even a rank.
    var namesWithoutShape: Set<String> = []
    /// Producer, description, custom keys, in the file's order.
    var properties: [(key: String, value: String)] = []
    /// Nodes in all graphs.
    var nodeCount = 0
    /// Numbers and texts in lists that nodes carry: a forest has millions.
    var listedValueCount = 0
    /// Whether there is a graph at all.
    var hasGraph = false

    /// The labels of a classifier's classes.
    enum ClassLabels: Sendable, Equatable {
        case integers([Int64])
        case texts([String])
    }

    /// Reads a whole file.
    ///
    /// - Throws: `ProtobufDamage` when it is no protobuf message, is cut short, or nests too deeply.
    init(_ bytes: UnsafeRawBufferPointer) throws(ProtobufDamage) {
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            switch number {
            case 1: formatVersion = value.number
            case 2: add("producer_name", value.text)
            case 3: add("producer_version", value.text)
            case 4: add("domain", value.text)
            case 5: add("model_version", "\(value.number)")
            case 6: add("description", value.text)
            case 7: try readGraph(value.content, depth: 0)
            case 8: try readOperatorSet(value.content)
            case 14: try readProperty(value.content)
            case 25: try readNodes(in: value.content, field: 7, depth: 0)
            default: break
            }
        }
    }

    private mutating func add(_ key: String, _ value: String) {
        if !value.isEmpty { properties.append((key, value)) }
    }

    private mutating func readOperatorSet(_ bytes: UnsafeRawBufferPointer) throws(ProtobufDamage) {
        var domain = ""
        var version: Int64 = 0
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            if number == 1 { domain = value.text }
            if number == 2 { version = value.number }
        }
        operatorSets.append((domain.isEmpty ? "ai.onnx" : domain, version))
    }

    private mutating func readProperty(_ bytes: UnsafeRawBufferPointer) throws(ProtobufDamage) {
        let (key, value) = try Self.entry(bytes)
        properties.append((key, value))
    }

    /// A `StringStringEntryProto`.
    private static func entry(_ bytes: UnsafeRawBufferPointer) throws(ProtobufDamage)
        -> (key: String, value: String)
    {
        var entry = (key: "", value: "")
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            if number == 1 { entry.key = value.text }
            if number == 2 { entry.value = value.text }
        }
        return entry
    }
}

// MARK: Graphs

extension ONNXFile {
    /// Deepest nesting of graphs (loops and conditions) that is looked into.
    private static let depthMaximum = 64

    private mutating func readGraph(_ bytes: UnsafeRawBufferPointer, depth: Int)
        throws(ProtobufDamage)
    {
        guard depth < Self.depthMaximum else { throw .notProtobuf }
        if depth == 0 { hasGraph = true }
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            switch number {
            case 1: try readNode(value.content, depth: depth)
            case 2 where depth == 0: add("graph_name", value.text)
            case 5: try readTensor(value.content)
            case 10 where depth == 0: add("graph_description", value.text)
            case 11, 12: if depth == 0 { try readDeclaration(value.content) }
            case 15: try readSparseTensor(value.content)
            default: break
            }
        }
    }

    private mutating func readNodes(in bytes: UnsafeRawBufferPointer, field: Int, depth: Int)
        throws(ProtobufDamage)
    {
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            if number == field { try readNode(value.content, depth: depth) }
        }
    }

    private mutating func readNode(_ bytes: UnsafeRawBufferPointer, depth: Int)
        throws(ProtobufDamage)
    {
        nodeCount += 1
        var output: String?
        var isZipMap = false
        var labels: ClassLabels?
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            switch number {
            case 2: output = output ?? value.text
            case 4: isZipMap = value.text == "ZipMap"
            case 5: labels = try readAttribute(value.content, depth: depth) ?? labels
            default: break
            }
        }
        if isZipMap, depth == 0, let output, let labels { classLabels[output] = labels }
    }

    /// Looks through an attribute for weights; returns a ZipMap's labels, should it hold them.
    private mutating func readAttribute(_ bytes: UnsafeRawBufferPointer, depth: Int)
        throws(ProtobufDamage) -> ClassLabels?
    {
        var name = ""
        var integers: [Int64] = []
        var texts: [String] = []
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            switch number {
            case 1: name = value.text
            case 5, 10: try readTensor(value.content)
            case 6, 11: try readGraph(value.content, depth: depth + 1)
            case 8 where name == "classlabels_int64s": integers += try Self.integers(value)
            case 9 where name == "classlabels_strings": texts.append(value.text)
            case 7, 8, 9: listedValueCount += number == 9 ? 1 : max(1, value.content.count)
            default: break
            }
        }
        if !integers.isEmpty { return .integers(integers) }
        return texts.isEmpty ? nil : .texts(texts)
    }

    /// A repeated integer field may come one by one or packed.
    private static func integers(_ value: ProtobufFields.Value) throws(ProtobufDamage) -> [Int64] {
        guard case .bytes(let packed) = value else { return [value.number] }
        var result: [Int64] = []
        var bits: UInt64 = 0
        var shift: UInt64 = 0
        for byte in packed {
            guard shift < 64 else { throw .notProtobuf }
            bits |= UInt64(byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 {
                result.append(Int64(bitPattern: bits))
                (bits, shift) = (0, 0)
            }
        }
        return result
    }

    private mutating func readTensor(_ bytes: UnsafeRawBufferPointer) throws(ProtobufDamage) {
        var location: String?
        var isExternal = false
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            if number == 13 {
                let entry = try Self.entry(value.content)
                if entry.key == "location" { location = entry.value }
            }
            if number == 14 { isExternal = value.number == 1 }
        }
        guard isExternal, let location, !weightFiles.contains(location) else { return }
        weightFiles.append(location)
    }

    /// A sparse tensor has its values in field 1 and its indices in field 2.
    private mutating func readSparseTensor(_ bytes: UnsafeRawBufferPointer) throws(ProtobufDamage) {
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            if number <= 2 { try readTensor(value.content) }
        }
    }

    /// A `ValueInfoProto`: notes the name when its tensor type says nothing of a shape.
    private mutating func readDeclaration(_ bytes: UnsafeRawBufferPointer) throws(ProtobufDamage) {
        var name = ""
        var hasShape = false
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            if number == 1 { name = value.text }
            if number == 2 { hasShape = try Self.hasShape(value.content) }
        }
        if !hasShape { namesWithoutShape.insert(name) }
    }

    /// `TypeProto.tensor_type` is field 1, and its `shape` field 2.
    private static func hasShape(_ type: UnsafeRawBufferPointer) throws(ProtobufDamage) -> Bool {
        var fields = ProtobufFields(type)
        while let (number, value) = try fields.next() {
            var tensor = ProtobufFields(value.content)
            guard number == 1 else { continue }
            while let (inner, _) = try tensor.next() { if inner == 2 { return true } }
        }
        return false
    }
}
