import EngineDocuments
import EngineInterface
import ServingCore

/// The files of a saved pipeline, by their names relative to its directory.
struct SavedFiles: Sendable {
    /// Bytes of each file, by name.
    let sizes: [String: Int]
    /// Reads a whole file.
    let read: @Sendable (String) throws(ServingError) -> [UInt8]

    /// Most bytes of one file of a pipeline.
    static let fileBytesMaximum = 2 << 30

    /// Files in memory, for tests and fuzzing.
    init(_ contents: [String: [UInt8]]) {
        sizes = contents.mapValues(\.count)
        read = { (name) throws(ServingError) in
            guard let bytes = contents[name] else {
                throw ServingError(.fileUnreadable, "there is no \(name)")
            }
            return bytes
        }
    }

    /// The files of a version directory below an entry; "." stands for the directory itself.
    init(_ source: ModelSource) {
        let prefix = source.entry == "." ? "" : source.entry + "/"
        var sizes: [String: Int] = [:]
        for entry in source.files.entries where !entry.isDirectory && entry.name.hasPrefix(prefix) {
            sizes[String(entry.name.dropFirst(prefix.count))] = entry.byteCount
        }
        self.sizes = sizes
        let (files, known) = (source.files, sizes)
        read = { (name) throws(ServingError) in
            let size = known[name] ?? 0
            guard size <= Self.fileBytesMaximum else {
                throw ServingError(
                    .modelInvalid,
                    "\(name) has \(size) bytes; the most is \(Self.fileBytesMaximum)")
            }
            let content = try FileContent(files.path(of: prefix + name))
            defer { withExtendedLifetime(content) {} }
            return [UInt8](content.bytes)
        }
    }

    /// The parts that Spark wrote into a directory, in order: not the checksums beside them.
    func parts(in directory: String, endingWith suffix: String = "") -> [String] {
        let prefix = directory + "/part-"
        return sizes.keys.filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }.sorted()
    }

    /// Bytes of all files together.
    var byteCount: Int {
        sizes.values.reduce(0) { sum, size in
            let (sum, overflow) = sum.addingReportingOverflow(size)
            return overflow ? .max : sum
        }
    }
}
