import EngineDocuments
import EngineInterface
import ServingCore

/// The inputs' shapes in a file beside the network: `<stem>-shapes.json` as SageMaker's MXNet
/// container reads it, or `signature.json` of a Multi Model Server archive.
///
/// Both are lists of a name and a shape whose dimension 0 is the batch, which may vary here.
enum ShapesFile {
    /// What the first such file says; empty when there is none.
    ///
    /// - Throws: `model_invalid`, `file_unreadable`.
    static func inputs(_ source: ModelSource, stem: String) throws(ServingError)
        -> [InputDeclaration]
    {
        for name in [stem + "-shapes.json", "signature.json"] {
            guard let entry = source.files.entry(name), !entry.isDirectory else { continue }
            let path = source.files.path(of: name)
            let content = try FileContent(path)
            do throws(ServingError) {
                return try read(content.bytes)
            } catch {
                throw error.inContext(path)
            }
        }
        return []
    }

    static func read(_ bytes: UnsafeRawBufferPointer) throws(ServingError) -> [InputDeclaration] {
        var reader = JSONReader(bytes)
        var result: [InputDeclaration] = []
        if try reader.peekKind() == .array {
            result = try list(&reader)
        } else {
            try reader.enterObject()
            while let key = try reader.nextKey() {
                if key == "inputs" { result = try list(&reader) } else { try reader.skipValue() }
            }
        }
        try reader.finish()
        return result
    }

    private static func list(_ reader: inout JSONReader) throws(ServingError)
        -> [InputDeclaration]
    {
        var result: [InputDeclaration] = []
        try reader.enterArray()
        while try reader.nextElement() {
            try reader.require(result.count < 1024, "more than 1024 inputs")
            result.append(try input(&reader))
        }
        return result
    }

    private static func input(_ reader: inout JSONReader) throws(ServingError) -> InputDeclaration {
        var name: String?
        var extents: [Int]?
        try reader.enterObject()
        while let key = try reader.nextKey() {
            switch key {
            case "name", "data_name": name = try reader.readString()
            case "shape", "data_shape": extents = try reader.readIntegers(maximum: 32)
            default: try reader.skipValue()
            }
        }
        guard let name, var extents, !extents.isEmpty,
            extents.allSatisfy({ (-1...Int(Int32.max)).contains($0) }), !name.utf8.contains(0)
        else { throw reader.failure("an input needs a name and a shape") }
        extents[0] = -1
        return InputDeclaration(name: name, extents: extents)
    }
}
