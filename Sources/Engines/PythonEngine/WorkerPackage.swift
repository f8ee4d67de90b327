import CPythonWorker
import Glibc
import ServingCore

/// The Python worker's files, which this program carries, as a directory that Python can run.
enum WorkerPackage {
    /// One file: its path within the package, and its bytes, which live as long as the program.
    struct File {
        let path: String
        let bytes: UnsafeRawBufferPointer
    }

    /// Every file.
    static var files: [File] {
        (0..<python_worker_file_count()).map { index in
            let file = python_worker_file_at(index)
            return File(
                path: String(cString: file.path),
                bytes: UnsafeRawBufferPointer(start: file.bytes, count: file.count))
        }
    }

    /// The directory with exactly these files, in the cache.
    ///
    /// Its name follows from the content, so that several versions of this program share a cache.
    /// Each file is compared with what it should be, byte by byte, every time, and written anew when
    /// it differs; writing is by renaming, so that another process sees whole files only.
    ///
    /// - Throws: `file_unreadable`.
    static func directory() throws(ServingError) -> String {
        try directory(of: files, in: PythonCache.directory())
    }

    /// As `directory()`, for other files and another cache.
    static func directory(of files: [File], in cache: String) throws(ServingError) -> String {
        let directory = "\(cache)/worker-\(fingerprint(of: files))"
        for file in files {
            let path = directory + "/" + file.path
            if isSame(path, file.bytes) { continue }
            if let slash = path.lastIndex(of: "/") { try PythonCache.make(String(path[..<slash])) }
            try write(file.bytes, to: path)
        }
        return directory
    }

    /// FNV-1a over paths and contents; a name, and no proof: the bytes are compared as well.
    private static func fingerprint(of files: [File]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for file in files {
            for byte in file.path.utf8 { add(byte) }
            add(0)
            for byte in file.bytes { add(byte) }
            add(0)
        }
        let text = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    private static func isSame(_ path: String, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // One byte more than expected, so that a longer file is seen.
        var content = [UInt8](repeating: 0, count: bytes.count + 1)
        var count = 0
        while count < content.count {
            let read = content.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            guard read > 0 else { break }
            count += read
        }
        return count == bytes.count && content.prefix(count).elementsEqual(bytes)
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to path: String
    ) throws(ServingError) {
        var template = Array((path + ".XXXXXX").utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw PythonCache.failure("cannot write \(path)", errno) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let temporary = String(
            decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(
                descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            guard count > 0 else { break }
            written += count
        }
        let code = errno
        close(descriptor)
        guard written == bytes.count, rename(temporary, path) == 0 else {
            let code = written == bytes.count ? errno : code
            unlink(temporary)
            throw PythonCache.failure("cannot write \(path)", code)
        }
    }
}
