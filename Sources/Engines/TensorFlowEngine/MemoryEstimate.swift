/// How much memory a load takes at most, by the size of the files.
enum MemoryEstimate {
    /// Bytes for each byte of weights: the values, and what is read ahead while they are restored.
    private static let perVariableByte = 2
    /// Bytes for each byte of the graph: the file, its message, the graph, and what the optimiser
    /// makes of it.
    private static let perGraphByte = 12
    /// Bytes for the session, its threads and the kernels of a small graph.
    private static let perSession = 24 << 20
    /// Bytes that opening the library takes, once a process.
    private static let library = 320 << 20

    /// The estimate; never overflows.
    static func bytes(graph: Int, variables: Int) -> Int {
        let (a, overflow1) = graph.multipliedReportingOverflow(by: perGraphByte)
        let (b, overflow2) = variables.multipliedReportingOverflow(by: perVariableByte)
        let (sum, overflow3) = a.addingReportingOverflow(b)
        let (all, overflow4) = sum.addingReportingOverflow(perSession + library)
        return overflow1 || overflow2 || overflow3 || overflow4 ? .max : all
    }
}
