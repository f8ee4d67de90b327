import ServingCore

/// How much memory a load takes at most, by the size of the files.
///
/// Measured at the peak of a load (version 1.31): weights of 1, 48 and 64 MB, in the model file and
/// outside it, took at most 3.00 times the files (the bytes read, the library's copy, and one weight
/// laid out anew for its kernels); 500 and 5000 nodes took 3.4 and 3.0 KB each; a forest with 3.0
/// million values in its lists took 52 bytes for each of them; the smallest model 0.4 MB.
enum MemoryEstimate {
    /// Bytes for each byte of model and weight files.
    private static let perFileByte = 3
    /// Bytes for each node.
    private static let perNode = 4 << 10
    /// Bytes for each number or text in a list that a node carries.
    private static let perListedValue = 64
    /// Bytes for the session itself.
    private static let perSession = 1 << 20

    /// The estimate for files of so many bytes together; never overflows.
    static func bytes(of file: ONNXFile, fileBytes: Int) -> Int {
        // Counts are at most the size of the file, which `Limits` bounds far below overflow.
        let content = file.nodeCount * perNode + file.listedValueCount * perListedValue
        let (scaled, overflow) = fileBytes.multipliedReportingOverflow(by: perFileByte)
        let (sum, overflow2) = scaled.addingReportingOverflow(content + perSession)
        return overflow || overflow2 ? .max : sum
    }
}
