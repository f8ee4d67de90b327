import Glibc

/// Looks at the beginning of a metadata file, for recognition.
enum MetadataGlance {
    private static let bytesMaximum = 4096

    /// Whether it is Spark's own metadata: it names a class of `org.apache.spark.ml` or one of
    /// PySpark, and the version that wrote it.
    static func isSpark(_ path: String) -> Bool {
        // Without waiting: a named pipe in its place would hold this thread for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: bytesMaximum)
        let count = read(descriptor, &bytes, bytesMaximum)
        guard count > 0, bytes[0] == UInt8(ascii: "{") else { return false }
        let text = String(decoding: bytes.prefix(count), as: UTF8.self)
        return text.contains(#""class":"org.apache.spark.ml."#)
            || text.contains(#""class": "org.apache.spark.ml."#)
            || text.contains(#""class":"pyspark.ml."#) || text.contains(#""class": "pyspark.ml."#)
    }
}
