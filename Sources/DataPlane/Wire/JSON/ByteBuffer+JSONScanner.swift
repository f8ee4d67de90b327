public import NIOCore
public import ServingCore

extension ByteBuffer {
    /// Lends a scanner over the readable bytes; it and its copies must not leave `body`.
    public func withJSONScanner<Result>(
        _ dialect: JSONDialect, _ body: (inout JSONScanner) throws(ServingError) -> Result
    ) throws(ServingError) -> Result {
        try withUnsafeReadableBytes { (bytes) throws(ServingError) in
            var scanner = JSONScanner(bytes, dialect: dialect)
            return try body(&scanner)
        }
    }
}
