import Glibc
public import ServingCore

/// Finds the models in the directory that SageMaker fills from the model's archive.
public enum SageMakerModels {
    /// What the directory holds.
    enum Layout: Hashable {
        /// Numbered versions of one model.
        case versions
        /// Directories of numbered versions, each a model.
        case models([String])
        /// The files of one model.
        case files
    }

    /// Tells the layouts apart by names alone.
    ///
    /// - Parameters:
    ///   - names: The directories in the directory.
    ///   - inside: The directories in one of those.
    static func layout(_ names: [String], inside: (String) -> [String]) -> Layout {
        if names.contains(where: isVersion) { return .versions }
        let models = names.filter { inside($0).contains(where: isVersion) }.sorted()
        return models.isEmpty ? .files : .models(models)
    }

    private static func isVersion(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && Int64(name) != nil
    }

    /// The models as `NAME=DIRECTORY` arguments.
    ///
    /// Files that lie in the directory itself are version 1: the server looks at a directory of its
    /// own then, in which `1` is a link to them.
    ///
    /// - Throws: `file_unreadable` when that directory cannot be made.
    public static func arguments(
        _ environment: SageMakerEnvironment
    ) throws(ServingError) -> [String] {
        let directory = environment.modelDirectory
        // The models of a multi-model endpoint come by requests.
        guard !environment.isMultiModel else { return [] }
        let layout = layout(directories(in: directory)) { directories(in: "\(directory)/\($0)") }
        switch layout {
        case .versions: return ["\(environment.modelName)=\(directory)"]
        case .models(let names): return names.map { "\($0)=\(directory)/\($0)" }
        case .files: return ["\(environment.modelName)=\(try linked(directory))"]
        }
    }

    static func directories(in path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while names.count < Limits.versionsPerModelMaximum, let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix("."), isDirectory("\(path)/\(name)") { names.append(name) }
        }
        return names
    }

    /// Whether there is a directory of that name.
    public static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func linked(_ directory: String) throws(ServingError) -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/slipway-model-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            let reason = String(cString: strerror(errno))
            throw ServingError(
                .fileUnreadable, "cannot make a directory in '\(parent)' for the model: \(reason)")
        }
        let path = String(cString: made)
        guard symlink(directory, "\(path)/1") == 0 else {
            let reason = String(cString: strerror(errno))
            throw ServingError(.fileUnreadable, "cannot link '\(path)/1': \(reason)")
        }
        return path
    }
}
