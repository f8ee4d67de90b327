import Glibc
import ServingCore

/// Reads the text file of a built-in model.
enum DescriptionFile {
    /// No description is longer.
    static let byteCountMaximum = 64 << 10

    /// The file's text.
    ///
    /// - Throws: `file_unreadable`; `model_invalid` when it is too long.
    static func read(_ path: String) throws(ServingError) -> String {
        guard let file = fopen(path, "re") else { throw unreadable(path) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: byteCountMaximum + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else { throw unreadable(path) }
        guard count <= byteCountMaximum else {
            throw ServingError(
                .modelInvalid, "\(path) is longer than the \(byteCountMaximum) bytes it may have")
        }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    private static func unreadable(_ path: String) -> ServingError {
        ServingError(.fileUnreadable, "cannot read \(path): \(String(cString: strerror(errno)))")
    }
}
