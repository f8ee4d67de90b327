import Glibc
public import ServingCore

/// A shared library opened at run time; it stays open until the process ends.
///
/// Libraries are never closed: those of the frameworks keep threads and handlers that outlive any
/// use, and crash when their code is unmapped under them.
///
/// `@unchecked Sendable`: the handle is only passed to `dlsym`, which may be called from any thread.
public final class NativeLibrary: @unchecked Sendable {
    /// The file that was opened; the bare name when the dynamic linker found it by itself.
    public let path: String
    private let specification: LibrarySpecification
    private let handle: UnsafeMutableRawPointer

    private init(
        path: String, specification: LibrarySpecification, handle: UnsafeMutableRawPointer
    ) {
        self.path = path
        self.specification = specification
        self.handle = handle
    }

    /// Opens the first file of the search that exists, privately (`RTLD_LOCAL`) and completely
    /// (`RTLD_NOW`), so that a library with a missing dependency fails here and not in a request.
    ///
    /// A file that is found and cannot be used ends the search: what was put there was meant.
    ///
    /// - Throws: `library_missing` that names what was tried, or what is wrong with the file found,
    ///   and the command that installs the library.
    public static func open(_ specification: LibrarySpecification, _ search: LibrarySearch)
        throws(ServingError) -> NativeLibrary
    {
        let directories = search.directories(for: specification)
        if let path = file(of: specification, in: directories) {
            return try openFile(path, specification)
        }
        for name in specification.fileNames {
            if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) {
                return NativeLibrary(path: name, specification: specification, handle: handle)
            }
        }
        let tried = (directories + ["the system's library directories"]).joined(separator: ", ")
        throw ServingError(
            .libraryMissing,
            "the library of engine \(specification.engine) was not found: "
                + "\(specification.fileNames.joined(separator: " or ")) is in none of \(tried); "
                + "run '\(specification.installCommand)', or name its directory in "
                + LibrarySearch.environmentVariable)
    }

    /// The address of an exported symbol.
    ///
    /// - Throws: `library_missing` when the library has no such symbol: it is not the right one.
    public func symbol(_ name: String) throws(ServingError) -> UnsafeMutableRawPointer {
        guard let address = dlsym(handle, name) else {
            throw unusable("it has no symbol '\(name)'")
        }
        return address
    }

    /// The error for a library that opens but does not serve, with the way to install a right one.
    public func unusable(_ reason: String) -> ServingError {
        Self.unusable(path, reason, specification)
    }

    private static func openFile(_ path: String, _ specification: LibrarySpecification)
        throws(ServingError) -> NativeLibrary
    {
        try check(path, specification)
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            let reason =
                dlerror().map { String(cString: $0) } ?? "the dynamic linker gave no reason"
            throw unusable(path, reason, specification)
        }
        return NativeLibrary(path: path, specification: specification, handle: handle)
    }

    /// Says what is wrong with a file by its first bytes, better than the dynamic linker does.
    static func check(_ path: String, _ specification: LibrarySpecification) throws(ServingError) {
        guard let header = SharedObjectHeader.read(path) else {
            throw unusable(path, String(cString: strerror(errno)), specification)
        }
        if let defect = SharedObjectHeader.defect(in: header) {
            throw unusable(path, defect, specification)
        }
    }

    private static func unusable(
        _ path: String, _ reason: String, _ specification: LibrarySpecification
    ) -> ServingError {
        ServingError(
            .libraryMissing,
            "\(path) cannot be used by engine \(specification.engine): \(reason); "
                + "remove it and run '\(specification.installCommand)' to install version "
                + specification.version)
    }
}
