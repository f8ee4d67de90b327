import Glibc
import ServingCore
import Tensors

/// An open POSIX shared memory object, read and written through its descriptor.
///
/// It is never mapped. A client that truncates an object which is mapped here would kill this process
/// with SIGBUS at the next access, and one that writes during a run would change bytes that were
/// checked. `pread` and `pwrite` cost one copy and cannot do either.
final class SharedMemoryFile: Sendable {
    private let descriptor: Int32
    private let key: String

    /// Opens an object by its key, `/name`.
    ///
    /// - Throws: `invalid_request` when there is no such object or it may not be used.
    init(key: String) throws(ServingError) {
        guard !key.utf8.contains(0), key.utf8.count <= Limits.nameBytesMaximum else {
            throw Self.cannotOpen(key, "it is no key of a shared memory object")
        }
        // Glibc refuses further slashes, follows no symbolic link and closes on exec.
        descriptor = shm_open(key, O_RDWR, 0)
        self.key = key
        guard descriptor >= 0 else {
            throw Self.cannotOpen(key, String(cString: strerror(errno)))
        }
        guard try size() != nil else {
            throw Self.cannotOpen(key, "it is no regular shared memory object")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Its size now, which its owner may change at any time; nil for what is no memory object.
    func size() throws(ServingError) -> Int? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        return status.st_size
    }

    /// Copies bytes out of the object.
    ///
    /// - Throws: `invalid_request` when the object ends before them; `resource_exhausted`.
    func read(offset: Int, byteCount: Int) throws(ServingError) -> TensorStorage {
        let memory = try TensorMemory.allocate(byteCount: byteCount)
        var done = 0
        while done < byteCount {
            let got = pread(
                descriptor, memory.bytes.baseAddress?.advanced(by: done), byteCount - done,
                offset + done)
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw tooShort }
            done += got
        }
        return memory.freeze()
    }

    /// Copies bytes into the object, which is never made longer.
    ///
    /// - Throws: `invalid_request` when the object ends before them.
    func write(_ bytes: UnsafeRawBufferPointer, offset: Int) throws(ServingError) {
        // A file grows when it is written to beyond its end; memory that the client has given up
        // must not come back.
        guard let size = try size(), offset + bytes.count <= size else { throw tooShort }
        var done = 0
        while done < bytes.count {
            let put = pwrite(
                descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done,
                offset + done)
            if put < 0, errno == EINTR { continue }
            guard put > 0 else { throw tooShort }
            done += put
        }
    }

    private var tooShort: ServingError {
        ServingError(
            .invalidRequest,
            "the shared memory object '\(key.clipped())' is shorter than when it was registered; "
                + "register it again")
    }

    private static func cannotOpen(_ key: String, _ why: String) -> ServingError {
        ServingError(
            .invalidRequest, "Unable to open shared memory region: '\(key.clipped())': \(why)")
    }
}
