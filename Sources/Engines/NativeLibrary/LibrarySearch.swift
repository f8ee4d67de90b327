import Glibc

/// Where shared libraries are looked for, in order; a value, so that the order can be tested.
public struct LibrarySearch: Hashable, Sendable {
    /// Names the environment variable: directories separated by colons.
    public static let environmentVariable = "SLIPWAY_LIBRARY_PATH"

    /// Directories from the configuration.
    public var configuredDirectories: [String]
    /// The environment variable's value; nil when it is not set.
    public var environmentValue: String?
    /// The directory that the process runs in; nil when it cannot be told.
    public var currentDirectory: String?
    /// The directory of the program's file; nil when it cannot be told.
    public var executableDirectory: String?
    /// Where `slipway engines install` puts libraries outside a checkout; nil without a home.
    public var dataDirectory: String?

    /// Describes a search.
    public init(
        configuredDirectories: [String] = [], environmentValue: String? = nil,
        currentDirectory: String? = nil, executableDirectory: String? = nil,
        dataDirectory: String? = nil
    ) {
        self.configuredDirectories = configuredDirectories
        self.environmentValue = environmentValue
        self.currentDirectory = currentDirectory
        self.executableDirectory = executableDirectory
        self.dataDirectory = dataDirectory
    }

    /// `${XDG_DATA_HOME:-~/.local/share}/slipway/engines`; nil when neither that nor HOME is an
    /// absolute path.
    public static func userDirectory(dataHome: String?, home: String?) -> String? {
        if let dataHome, dataHome.hasPrefix("/") { return dataHome + "/slipway/engines" }
        guard let home, home.hasPrefix("/") else { return nil }
        return (home == "/" ? "" : home) + "/.local/share/slipway/engines"
    }

    /// Reads the environment, the current directory and the program's own path.
    public static func ofThisProcess(configuredDirectories: [String] = []) -> LibrarySearch {
        let executable = path { realpath("/proc/self/exe", $0) != nil }
        return LibrarySearch(
            configuredDirectories: configuredDirectories,
            environmentValue: getenv(environmentVariable).map { String(cString: $0) },
            currentDirectory: path { getcwd($0, Int(PATH_MAX)) != nil },
            executableDirectory: executable.map(Self.parent(of:)),
            dataDirectory: userDirectory(
                dataHome: getenv("XDG_DATA_HOME").map { String(cString: $0) },
                home: getenv("HOME").map { String(cString: $0) }))
    }

    /// Directories to look into, without repetition: configured ones, the environment's, installed
    /// copies below the current directory and above the program, `lib` beside the program, and the
    /// user's own directory of engines.
    ///
    /// The system's own places come after these; the dynamic linker knows them.
    public func directories(for library: LibrarySpecification) -> [String] {
        let copy = "/\(library.engine)/\(library.version)/lib"
        let installed = "/.deps" + copy
        var result = configuredDirectories
        result += (environmentValue ?? "").split(separator: ":").map(String.init)
        if let currentDirectory { result.append(joined(currentDirectory, installed)) }
        if let executableDirectory {
            result += ancestors(of: executableDirectory).map { joined($0, installed) }
            result.append(joined(executableDirectory, "/lib"))
        }
        if let dataDirectory { result.append(dataDirectory + copy) }
        var seen: Set<String> = []
        return result.filter { !$0.isEmpty && seen.insert($0).inserted }
    }

    /// From `.build/<machine>/release` to the checkout; not further, where others may write.
    private static let parentsMaximum = 3

    /// The directory itself, then the nearest ones above it.
    private func ancestors(of directory: String) -> [String] {
        var result = [directory]
        var current = directory
        while current != "/", current.contains("/"), result.count <= Self.parentsMaximum {
            current = Self.parent(of: current)
            result.append(current)
        }
        return result
    }

    private func joined(_ directory: String, _ rest: String) -> String {
        directory == "/" ? rest : directory + rest
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func path(_ fill: (UnsafeMutablePointer<CChar>) -> Bool) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let start = buffer.baseAddress, fill(start) else { return nil }
            return String(cString: start)
        }
    }
}
