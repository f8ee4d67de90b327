import EngineInterface
import Models
import ServingCore
import Synchronization

/// Base directories made of dictionaries, whose times and errors a test sets.
final class FakeFileSystem: ModelFileSystem {
    struct Version: Sendable {
        var files: [String: Int] = ["model.fake": 10]
        /// Nanoseconds since 1970; the wall clock stands at an hour.
        var modified: Int64 = 0
        var error: ServingError?
    }

    private struct State {
        var bases: [String: [String: Version]] = [:]
        var errors: [String: ServingError] = [:]
        var plainFiles: [String: [String]] = [:]
        var looks = 0
    }

    static let now: Int64 = 3_600_000_000_000
    private let state = Mutex(State())

    /// How often a version directory has been looked at.
    var looks: Int { state.withLock { $0.looks } }

    /// Puts a version directory there, or changes it.
    func put(_ base: String, _ name: String, _ version: Version = Version()) {
        state.withLock { $0.bases[base, default: [:]][name] = version }
    }

    func remove(_ base: String, _ name: String) {
        state.withLock { $0.bases[base]?[name] = nil }
    }

    func makeBase(_ base: String) {
        state.withLock { $0.bases[base, default: [:]] = [:] }
    }

    func putFile(_ base: String, _ name: String) {
        state.withLock { $0.plainFiles[base, default: []].append(name) }
    }

    /// Makes the base directory unreadable, or readable again.
    func fail(_ base: String, _ error: ServingError?) {
        state.withLock { $0.errors[base] = error }
    }

    func entries(of baseDirectory: String) throws(ServingError) -> [DirectoryEntry] {
        let (names, files, error) = state.withLock { state in
            (
                state.bases[baseDirectory].map { Array($0.keys) },
                state.plainFiles[baseDirectory] ?? [], state.errors[baseDirectory]
            )
        }
        if let error { throw error }
        guard let names else {
            throw ServingError(
                .fileUnreadable, "cannot read directory \(baseDirectory): No such file or directory"
            )
        }
        return names.map { DirectoryEntry($0) }
            + files.map { DirectoryEntry($0, isDirectory: false) }
    }

    private func version(_ directory: String) throws(ServingError) -> Version {
        let slash = directory.lastIndex(of: "/") ?? directory.startIndex
        let name = String(directory[directory.index(after: slash)...])
        let found = state.withLock { $0.bases[String(directory[..<slash])]?[name] }
        guard let found else {
            throw ServingError(.fileUnreadable, "cannot read directory \(directory)")
        }
        if let error = found.error { throw error }
        return found
    }

    func fingerprint(of versionDirectory: String) throws(ServingError) -> VersionFingerprint {
        state.withLock { $0.looks += 1 }
        let version = try version(versionDirectory)
        return VersionFingerprint(
            files: version.files.map {
                .init(name: $0.key, byteCount: $0.value, modified: version.modified)
            }, latestChange: version.modified)
    }

    func files(in versionDirectory: String) throws(ServingError) -> ModelFiles {
        let version = try version(versionDirectory)
        return ModelFiles(
            directory: versionDirectory,
            entries: version.files.map { .init(name: $0, byteCount: $1, isDirectory: false) })
    }

    func wallClockNanoseconds() -> Int64 { Self.now }
}
