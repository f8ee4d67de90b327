import Glibc
public import ServingCore

/// A library that lies where it would be opened, as far as can be told without opening it.
public struct InstalledLibrary: Hashable, Sendable {
    /// The file.
    public let path: String
    /// Its version by the names of its directory and file; `unknown` where these tell none.
    public let version: String

    /// Describes a file that is there.
    init(path: String, _ specification: LibrarySpecification) {
        self.path = path
        version =
            Self.ofDirectory(path, specification.engine) ?? Self.ofFile(path) ?? "unknown"
    }

    /// The version in `…/tensorflow/2.21.0/lib/libtensorflow_cc.so.2`, as installing lays it out.
    private static func ofDirectory(_ path: String, _ engine: String) -> String? {
        let parts = path.split(separator: "/")
        guard parts.count >= 4, parts[parts.count - 2] == "lib",
            parts[parts.count - 4] == engine
        else { return nil }
        return String(parts[parts.count - 3])
    }

    /// The version in `libtensorflow.so.2.18.0`, the file's own name where the path is a link.
    private static func ofFile(_ path: String) -> String? {
        let file = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) {
            buffer -> String in
            guard let start = buffer.baseAddress, realpath(path, start) != nil else { return path }
            return String(cString: start)
        }
        guard let place = file.firstRange(of: ".so.") else { return nil }
        return String(file[place.upperBound...])
    }
}

extension NativeLibrary {
    /// The file that `open` would open, if it looks like a shared library of this machine; nil when
    /// none of the directories has it and only the dynamic linker could still find one.
    ///
    /// For programs that never load the library themselves: opening a large one takes a second,
    /// starts threads and prints what the library likes to say.
    ///
    /// - Throws: `library_missing` for a file that cannot be opened or is no such library.
    public static func installed(_ specification: LibrarySpecification, _ search: LibrarySearch)
        throws(ServingError) -> InstalledLibrary?
    {
        guard let path = file(of: specification, in: search.directories(for: specification)) else {
            return nil
        }
        try check(path, specification)
        return InstalledLibrary(path: path, specification)
    }

    /// The first file of the search that exists.
    static func file(of specification: LibrarySpecification, in directories: [String]) -> String? {
        for directory in directories {
            for name in specification.fileNames {
                let path = directory + "/" + name
                if access(path, F_OK) == 0 { return path }
            }
        }
        return nil
    }
}
