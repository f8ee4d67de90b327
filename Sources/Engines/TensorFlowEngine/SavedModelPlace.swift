import EngineDocuments
import EngineInterface
import ServingCore

/// Where a SavedModel lies among the files of a version.
struct SavedModelPlace {
    /// What a version directory is claimed for, the preferred first.
    static let files = ["saved_model.pb", "model.savedmodel/saved_model.pb"]
    /// The same in text form, which is recognised to be refused with words.
    static let textFiles = ["saved_model.pbtxt", "model.savedmodel/saved_model.pbtxt"]

    private let source: ModelSource
    /// The folder of the SavedModel relative to the version directory, with a slash at its end.
    private let folder: String

    /// Finds it.
    ///
    /// - Throws: `model_invalid` when there is none, or only one in text form.
    init(_ source: ModelSource) throws(ServingError) {
        self.source = source
        folder = source.entry.lastIndex(of: "/").map { String(source.entry[...$0]) } ?? ""
        if source.entry.hasSuffix(".pbtxt") {
            throw ServingError(
                .modelInvalid,
                "\(source.entryPath) is a SavedModel in text form; save it as saved_model.pb, as "
                    + "TensorFlow does unless asked otherwise")
        }
        guard let entry = source.files.entry(source.entry), !entry.isDirectory else {
            throw ServingError(
                .modelInvalid, "\(source.files.directory) has no \(source.entry.clipped())")
        }
    }

    /// The file with the graphs.
    var path: String { source.entryPath }

    /// The directory that TensorFlow is told to load.
    var directory: String { String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]) }

    /// Bytes of the file with the graphs.
    var graphBytes: Int { source.files.entry(source.entry)?.byteCount ?? 0 }

    /// Bytes of the files with the values of variables.
    var variableBytes: Int {
        source.files.entries.reduce(0) { sum, entry in
            guard entry.name.hasPrefix(folder + "variables/") else { return sum }
            let (sum, overflow) = sum.addingReportingOverflow(entry.byteCount)
            return overflow ? .max : sum
        }
    }

    /// Reads the file with the graphs.
    ///
    /// - Throws: `file_unreadable`, `resource_exhausted`, or `model_invalid` that says what is wrong.
    func read() throws(ServingError) -> SavedModelFile {
        let content = try FileContent(path)
        do throws(ProtobufDamage) {
            return try SavedModelFile(content.bytes)
        } catch {
            throw damaged(content.bytes, error)
        }
    }

    /// Checks that the values of the graph's variables are there.
    ///
    /// TensorFlow loads a graph without them and fails in every run. How the files are called:
    /// `tensor_bundle/naming.cc`.
    ///
    /// - Throws: `model_invalid` that names what is missing.
    func checkVariables(of graph: SavedModelGraph) throws(ServingError) {
        guard graph.hasVariables else { return }
        let prefix = folder + "variables/variables"
        guard let index = source.files.entry(prefix + ".index"), !index.isDirectory else {
            throw missing("\(prefix).index")
        }
        let shards = source.files.entries.filter { $0.name.hasPrefix(prefix + ".data-") }
        guard let first = shards.first else { throw missing("\(prefix).data-00000-of-00001") }
        let name = first.name
        guard let of = name.firstRange(of: "-of-"), let count = Int(name[of.upperBound...]),
            count == shards.count
        else {
            throw ServingError(
                .modelInvalid,
                "\(source.files.directory) holds \(shards.count) files of variables, which is not "
                    + "what '\(name)' says; copy the whole directory again")
        }
    }

    private func missing(_ name: String) -> ServingError {
        ServingError(
            .modelInvalid,
            "\(source.files.directory) has no \(name), where the values of the model's variables "
                + "are; copy the whole directory that TensorFlow saved")
    }

    private func damaged(_ bytes: UnsafeRawBufferPointer, _ damage: ProtobufDamage)
        -> ServingError
    {
        let reason: String
        if bytes.isEmpty {
            reason = "is empty"
        } else if bytes.starts(with: Array("version https://".utf8)) {
            reason =
                "is the text that a checkout without its large files has in their place; run git "
                + "lfs pull"
        } else if case .cutShort(let missing) = damage {
            reason = "is cut short (at least \(missing) bytes are missing); copy it again"
        } else {
            reason = "is no SavedModel: its bytes are not those of the message that TensorFlow writes"
        }
        return ServingError(.modelInvalid, "\(path) \(reason)")
    }
}
