import EngineDocuments
import EngineInterface
import ServingCore

/// Reads files that are small by their nature.
enum SmallFile {
    /// The bytes.
    ///
    /// - Throws: `file_unreadable`; `model_invalid` for more bytes than `maximum`.
    static func read(_ path: String, maximum: Int) throws(ServingError) -> [UInt8] {
        let content = try FileContent(path)
        return try withExtendedLifetime(content) { () throws(ServingError) in
            guard content.bytes.count <= maximum else {
                throw ServingError(
                    .modelInvalid,
                    "\(path) has \(content.bytes.count) bytes; the most is \(maximum)")
            }
            return Array(content.bytes)
        }
    }
}
