import ServingCore

/// How much memory a load takes at most, by the form and the size of its files.
enum MemoryEstimate {
    /// Bytes for each byte of the model's files.
    private static let perFileByte = 4

    /// Bytes of a worker that has imported what the form needs, in MB.
    private static func framework(_ form: PythonForm) -> Int {
        switch form {
        case .custom: 128
        case .pickled, .skops: 320
        case .catboost: 512
        case .keras: 1024
        case .mlflow: 640
        case .spark: 2048
        }
    }

    /// The estimate for so many workers; never overflows.
    static func bytes(of form: PythonForm, fileBytes: Int, workers: Int) -> Int {
        let (scaled, overflow) = fileBytes.multipliedReportingOverflow(by: perFileByte)
        let (one, overflow2) = scaled.addingReportingOverflow(framework(form) << 20)
        let (all, overflow3) = one.multipliedReportingOverflow(by: max(workers, 1))
        return overflow || overflow2 || overflow3 ? .max : all
    }
}
