import EngineInterface
import Glibc
import Models
import ServingCore

/// Completes wanted models by the `config.pbtxt` in their directories, read again when it changes.
///
/// A file that is wrong makes the model's `fault`, and what was wanted before stays.
struct OwnConfigurations {
    /// The file's name in a model's directory.
    static let fileName = "config.pbtxt"

    private struct Known {
        var stamp: FileStamp?
        var given: AspiredModel
        var completed: AspiredModel
    }

    private let engines: [any Engine]
    private var known: [ModelName: Known] = [:]
    /// Things that were read and have no effect, not yet said.
    private(set) var remarks: [String] = []

    init(engines: [any Engine]) {
        self.engines = engines
    }

    /// The model as it is wanted with its own configuration.
    ///
    /// - Parameter looks: Whether a file that is known is looked at again.
    mutating func complete(_ given: AspiredModel, looks: Bool = true) -> AspiredModel {
        if !looks, let old = known[given.name], old.given == given { return old.completed }
        let path = given.baseDirectory + "/" + Self.fileName
        let stamp = FileStamp(path)
        let old = known[given.name]
        if let old, old.stamp == stamp, old.given == given { return old.completed }
        var completed = given
        if stamp != nil {
            do throws(ServingError) {
                completed = try read(path, given)
            } catch {
                // What was right last keeps being served; a model that is new has nothing to keep.
                if let old, old.given.baseDirectory == given.baseDirectory {
                    completed = old.completed
                }
                completed.fault = error.message
            }
        }
        known[given.name] = Known(stamp: stamp, given: given, completed: completed)
        return completed
    }

    /// The model with a configuration that a client has sent in place of the file.
    ///
    /// - Throws: `configuration_invalid`.
    mutating func complete(_ given: AspiredModel, json: String) throws(ServingError)
        -> AspiredModel
    {
        let root = try SettingsText.json(json, source: "the configuration")
        return try complete(given, root)
    }

    /// Forgets models that are not wanted any more.
    mutating func keep(_ names: Set<ModelName>) {
        known = known.filter { names.contains($0.key) }
    }

    /// Hands out what has to be said.
    mutating func takeRemarks() -> [String] {
        defer { remarks = [] }
        return remarks
    }

    private mutating func read(_ path: String, _ given: AspiredModel) throws(ServingError)
        -> AspiredModel
    {
        let bytes = try FileBytes.read(
            path, limit: Limits.configurationBytesMaximum, what: "a model's configuration",
            regularOnly: true)
        return try complete(given, try SettingsText.protobuf(bytes, source: path))
    }

    private mutating func complete(_ given: AspiredModel, _ root: SettingsMessage)
        throws(ServingError) -> AspiredModel
    {
        let own = try TritonModelConfiguration(root, engines: engines.map(\.name))
        let model: AspiredModel
        do throws(ServingError) {
            model = try given.completed(by: own, directory: given.baseDirectory)
            try AspiredState(models: [model]).check(engines: engines)
        } catch {
            throw ServingError(
                .configurationInvalid, "\(root.source): \(error.message)", cause: error)
        }
        remarks += own.remarks.map { "\(root.source): \($0)" }
        return model
    }
}

/// What tells one state of a file from another.
struct FileStamp: Hashable {
    let inode: UInt64
    let size: Int64
    let seconds: Int64
    let nanoseconds: Int64

    /// Looks at a file; nil when it is not there.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        seconds = Int64(status.st_mtim.tv_sec)
        nanoseconds = Int64(status.st_mtim.tv_nsec)
    }
}
