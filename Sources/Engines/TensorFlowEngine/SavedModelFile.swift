public import EngineDocuments
public import Inference
public import ServingCore

/// What a `saved_model.pb` says of its graphs, read from its bytes without TensorFlow.
///
/// Source of the field numbers: `saved_model.proto`, `meta_graph.proto`, `graph.proto`,
/// `function.proto`, which never reuse one.
public struct SavedModelFile: Sendable {
    /// The graphs, in the file's order.
    public private(set) var graphs: [SavedModelGraph] = []

    /// Reads the bytes, and never beyond them.
    ///
    /// - Throws: `ProtobufDamage` when the file is cut short or no such message.
    public init(_ bytes: UnsafeRawBufferPointer) throws(ProtobufDamage) {
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            guard number == 2 else { continue }
            graphs.append(try SavedModelGraph(value.content))
        }
        if graphs.isEmpty { throw .notProtobuf }
    }

    /// The graph with exactly these tags, in any order.
    ///
    /// - Parameter path: The file's, for the error.
    /// - Throws: `model_invalid` that lists the tags that there are.
    func graph(tagged tags: [String], in path: String) throws(ServingError) -> SavedModelGraph {
        if let graph = graphs.first(where: { Set($0.tags) == Set(tags) }) { return graph }
        let known = graphs.map { $0.tags.isEmpty ? "none" : $0.tags.joined(separator: ",") }
        throw ServingError(
            .modelInvalid,
            "\(path) has no graph with the tags '\(tags.joined(separator: ",").clipped())'; it has "
                + "'\(known.joined(separator: "', '").clipped())': name them in the option 'tags'")
    }
}

/// One graph of a SavedModel: a `MetaGraphDef`.
public struct SavedModelGraph: Sendable {
    /// Its tags.
    public private(set) var tags: [String] = []
    /// The version of TensorFlow that saved it; empty when it does not say.
    public private(set) var version = ""
    /// The signatures, in the file's order.
    public private(set) var signatures: [SignatureDefinition] = []
    /// Whether it has variables that are restored when it is loaded.
    public var hasVariables: Bool { hasVariableNodes && hasSaver }
    private var hasVariableNodes = false
    private var hasSaver = false

    /// Operators that hold a variable.
    private static let variableOperators: Set = ["VarHandleOp", "VariableV2", "Variable"]

    init(_ bytes: UnsafeRawBufferPointer) throws(ProtobufDamage) {
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            switch number {
            case 1: try readInformation(value.content)
            case 2: try readGraph(value.content)
            case 3: hasSaver = try Self.restores(value.content)
            case 5: try readSignature(value.content)
            default: break
            }
        }
    }

    /// `MetaInfoDef`: tags 4, tensorflow_version 5.
    private mutating func readInformation(_ bytes: UnsafeRawBufferPointer)
        throws(ProtobufDamage)
    {
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            if number == 4 { tags.append(value.text) }
            if number == 5 { version = value.text }
        }
    }

    /// `GraphDef`: node 1, each with op 2. Variables lie at the top, never in functions.
    private mutating func readGraph(_ bytes: UnsafeRawBufferPointer) throws(ProtobufDamage) {
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            guard number == 1 else { continue }
            var node = ProtobufFields(value.content)
            while let (number, value) = try node.next() {
                guard number == 2, !hasVariableNodes else { continue }
                hasVariableNodes = Self.variableOperators.contains(value.text)
            }
        }
    }

    /// `SaverDef`: restore_op_name 3.
    private static func restores(_ bytes: UnsafeRawBufferPointer) throws(ProtobufDamage) -> Bool {
        var fields = ProtobufFields(bytes)
        var restores = false
        while let (number, value) = try fields.next() {
            if number == 3 { restores = !value.content.isEmpty }
        }
        return restores
    }

    private mutating func readSignature(_ bytes: UnsafeRawBufferPointer) throws(ProtobufDamage) {
        let (name, value) = try MapEntry.read(bytes)
        signatures.append(try SignatureDefinition(name: name, value))
    }
}

extension SavedModelGraph {
    /// The signatures that can be served, the default first; for tools that have only the file.
    ///
    /// - Throws: `model_invalid` when there is none, with the reason for each.
    public func servedSignatures() throws(ServingError) -> [ModelSignature] {
        try SignatureTable(self).rows.map(\.signature)
    }
}

/// An entry of a map: key 1, value 2.
enum MapEntry {
    static func read(_ bytes: UnsafeRawBufferPointer) throws(ProtobufDamage)
        -> (key: String, value: UnsafeRawBufferPointer)
    {
        var entry = (key: "", value: UnsafeRawBufferPointer(start: nil, count: 0))
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            if number == 1 { entry.key = value.text }
            if number == 2 { entry.value = value.content }
        }
        return entry
    }
}
