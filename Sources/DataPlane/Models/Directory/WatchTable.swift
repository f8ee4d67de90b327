/// Which inotify watch stands for which model's directories; the watcher's memory.
struct WatchTable {
    /// Why a directory is watched.
    struct Purpose: Hashable {
        /// The base directory that should be looked at again.
        let baseDirectory: String
        /// For the directory above a base directory: only this name in it matters, or one that
        /// Kubernetes uses when it swaps a mounted volume (`..data`).
        let onlyName: String?
    }

    private var purposes: [Int32: Set<Purpose>] = [:]

    /// Replaces what is watched for a base directory.
    ///
    /// - Returns: Watches that stand for nothing any more.
    mutating func replace(
        _ baseDirectory: String, with watches: [(watch: Int32, onlyName: String?)]
    ) -> [Int32] {
        for watch in purposes.keys {
            purposes[watch] = purposes[watch]?.filter { $0.baseDirectory != baseDirectory }
        }
        for (watch, onlyName) in watches {
            purposes[watch, default: []].insert(
                Purpose(baseDirectory: baseDirectory, onlyName: onlyName))
        }
        let unused = purposes.filter(\.value.isEmpty).map(\.key)
        for watch in unused { purposes[watch] = nil }
        return unused
    }

    /// The system has dropped a watch: its directory is gone.
    mutating func dropped(_ watch: Int32) {
        purposes[watch] = nil
    }

    /// The base directories that an event concerns; `name` is empty for the directory itself.
    func concerned(by watch: Int32, name: String) -> Set<String> {
        var result: Set<String> = []
        for purpose in purposes[watch] ?? [] {
            if let only = purpose.onlyName, name != only, !name.hasPrefix("..") { continue }
            result.insert(purpose.baseDirectory)
        }
        return result
    }

    /// Every base directory.
    var all: Set<String> {
        Set(purposes.values.flatMap { $0.map(\.baseDirectory) })
    }
}
