import Glibc
import NativeLibrary
public import ServingCore
import TorchEngine

/// The shared libraries that engines need, and how they are brought here.
///
/// What is fetched, from where and with which hash stands once: in `fetch_engines.py`, which
/// `scripts/fetch-deps` runs in a checkout, and which is part of the program.
public enum EngineLibraries {
    /// Engines that need a library, and the version of it that is installed.
    public static let versions: [(engine: String, version: String)] = [
        ("mxnet", "1.9.1"), ("onnxruntime", "1.31.1"), ("tensorflow", "2.21.0"),
        ("torch", "2.13.0"),
    ]

    /// The Python program that fetches libraries.
    public static var script: String {
        String(decoding: PackageResources.fetch_engines_py, as: UTF8.self)
    }

    /// The version that `slipway engines install` brings; nil for an engine without a library.
    public static func version(of engine: String) -> String? {
        versions.first { $0.engine == engine }?.version
    }

    /// Where libraries are installed: `.deps` in a checkout, else the user's own directory.
    ///
    /// - Throws: `configuration_invalid` when there is no such directory.
    public static func directory() throws(ServingError) -> String {
        let search = LibrarySearch.ofThisProcess()
        if let current = search.currentDirectory,
            access(current + "/scripts/fetch-deps", X_OK) == 0
        {
            return current + "/.deps"
        }
        if let directory = search.dataDirectory { return directory }
        throw ServingError(
            .configurationInvalid,
            "neither XDG_DATA_HOME nor HOME says where to install; name a directory with --dest")
    }

    /// Becomes the Python program that installs or removes libraries; does not return on success.
    ///
    /// Its progress goes to standard error, its result to standard output, and its exit status (0, or
    /// 1 with a reason) becomes this program's.
    ///
    /// - Parameters:
    ///   - engines: Which; checked by `check(_:)`.
    ///   - more: Further arguments: `--remove`, `--output json`.
    /// - Throws: `library_missing` when there is no Python.
    public static func run(
        _ engines: [String], directory: String, more: [String]
    ) throws(ServingError) -> Never {
        let python = getenv("PYTHON").map { String(cString: $0) } ?? "python3"
        var arguments = [python, "-I", "-c", script, "--dest", directory]
        arguments += ["--program", "slipway engines"] + more
        if engines.contains("torch") {
            for file in TorchShimSources.files {
                arguments += ["--shim-file", file.path, file.text]
            }
        }
        arguments += ["--"] + engines
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        execvp(python, &pointers)
        let reason = String(cString: strerror(errno))
        for pointer in pointers { free(pointer) }
        throw ServingError(
            .libraryMissing,
            "cannot run \(python): \(reason). Python 3.9 or newer with pip fetches the libraries; on "
                + "Debian and Ubuntu: sudo apt-get install -y python3 python3-pip. PYTHON names "
                + "another one")
    }

    /// Refuses names of no engine, and engines that need no library.
    ///
    /// - Throws: `configuration_invalid`.
    public static func check(_ engines: [String]) throws(ServingError) {
        let known = versions.map(\.engine)
        for name in engines where !known.contains(name) {
            if name == "python" {
                throw ServingError(
                    .configurationInvalid,
                    "engine python has no library to install: a model's environment is made when it "
                        + "is first loaded")
            }
            if Engines.names.contains(name) {
                throw ServingError(
                    .configurationInvalid,
                    "engine \(name) needs no library: it is part of the program"
                )
            }
            throw ServingError(
                .configurationInvalid,
                "no engine is called '\(name.clipped())'"
                    + NearestName.hint(for: name, among: known)
                    + " (with a library: \(known.joined(separator: ", ")))")
        }
    }

    /// Bytes of the files of a library's directory, links not counted; nil for a library that was not
    /// installed by this program.
    static func byteCount(of engine: String, library path: String) -> Int? {
        guard let version = version(of: engine),
            let range = path.firstRange(of: "/\(engine)/\(version)/")
        else { return nil }
        return byteCount(below: String(path[..<range.upperBound]), depth: 0)
    }

    private static func byteCount(below directory: String, depth: Int) -> Int {
        guard depth < 16, let stream = opendir(directory) else { return 0 }
        defer { closedir(stream) }
        var sum = 0
        while let item = readdir(stream) {
            let name = withUnsafeBytes(of: &item.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            var status = stat()
            guard lstat(directory + "/" + name, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFREG: sum += Int(status.st_size)
            case S_IFDIR: sum += byteCount(below: directory + "/" + name, depth: depth + 1)
            default: continue
            }
        }
        return sum
    }
}
