import Glibc

/// Reads the small text files in which the kernel reports.
enum SmallFile {
    /// At most so many bytes from the start of a file; nil when it cannot be read.
    static func read(_ path: String, bytesMaximum: Int = 64 * 1024) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: bytesMaximum)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { return nil }
            if got == 0 { break }
            count += got
        }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// The number of entries in a directory; nil when it cannot be read.
    static func entries(in path: String) -> Int? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            let isDot = entry.pointee.d_name.0 == 0x2E
            if !isDot { count += 1 }
        }
        return count
    }
}
