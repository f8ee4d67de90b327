import ServingCore

/// How much memory a load takes at most, by the size of the files.
///
/// Measured at the peak of a load (version 1.31, weights of 1 KB to 100 MB, in the file and outside
/// it): the bytes read, the library's copy of them, and a third for weights that are laid out anew
/// for its kernels; afterwards about two times the files remain, or one without such a layout.
enum MemoryEstimate {
    /// Bytes of memory for each byte of model and weight files.
    private static let factor = 3
    /// Bytes for the session itself, whatever the size of its files.
    private static let fixedByteCount = 4 << 20

    /// The estimate; never overflows.
    static func bytes(forFiles byteCount: Int) -> Int {
        let (scaled, overflow) = byteCount.multipliedReportingOverflow(by: factor)
        let (sum, overflow2) = scaled.addingReportingOverflow(fixedByteCount)
        return overflow || overflow2 ? .max : sum
    }
}
