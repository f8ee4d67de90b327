/// How much memory a load takes at most, by the size of the file.
enum MemoryEstimate {
    /// Bytes for each byte of the file.
    private static let perFileByte = 3
    /// Bytes for the module itself, its code and the trial runs.
    private static let perModel = 24 << 20

    /// The estimate for a file of so many bytes; never overflows.
    static func bytes(fileBytes: Int) -> Int {
        let (scaled, overflow) = fileBytes.multipliedReportingOverflow(by: perFileByte)
        let (sum, overflow2) = scaled.addingReportingOverflow(perModel)
        return overflow || overflow2 ? .max : sum
    }
}
