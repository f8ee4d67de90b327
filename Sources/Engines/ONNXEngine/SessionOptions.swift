import CONNXRuntime
import ServingCore

extension ONNXRuntime {
    /// Makes the library's session options, calls `body` with them and releases them.
    ///
    /// - Parameter log: Gets the session's warnings; it must outlive the session.
    func withSessionOptions<Result>(
        _ options: ONNXOptions, _ budget: CPUBudget, _ log: SessionLog,
        _ body: (OpaquePointer) throws(ONNXFailure) -> Result
    ) throws(ONNXFailure) -> Result {
        let made = try api.make { api.pointee.CreateSessionOptions(&$0) }
        defer { api.pointee.ReleaseSessionOptions(made) }
        try api.check(api.pointee.SetUserLoggingFunction(made, SessionLog.receive, log.parameter))
        try api.check(api.pointee.SetSessionLogSeverityLevel(made, LogSeverity.warning))
        try api.check(api.pointee.SetSessionGraphOptimizationLevel(made, options.optimizationLevel))
        try api.check(
            options.usesMemoryPattern
                ? api.pointee.EnableMemPattern(made) : api.pointee.DisableMemPattern(made))
        try api.check(
            options.usesArena
                ? api.pointee.EnableCpuMemArena(made) : api.pointee.DisableCpuMemArena(made))
        try setThreads(made, options, budget)
        for (key, value) in options.sessionConfig {
            try api.check(api.pointee.AddSessionConfigEntry(made, key, value))
        }
        return try body(made)
    }

    private func setThreads(_ made: OpaquePointer, _ options: ONNXOptions, _ budget: CPUBudget)
        throws(ONNXFailure)
    {
        guard options.hasOwnThreads else {
            return try api.check(api.pointee.DisablePerSessionThreads(made))
        }
        let available = budget.processors
        let intra = Int32(clamping: options.intraOpThreads ?? available)
        let inter = Int32(clamping: options.interOpThreads ?? (options.isParallel ? available : 1))
        try api.check(api.pointee.SetIntraOpNumThreads(made, intra))
        try api.check(api.pointee.SetInterOpNumThreads(made, inter))
        // ORT_SEQUENTIAL 0, ORT_PARALLEL 1.
        try api.check(api.pointee.SetSessionExecutionMode(made, options.isParallel ? 1 : 0))
        for pool in ["session.intra_op.allow_spinning", "session.inter_op.allow_spinning"] {
            try api.check(api.pointee.AddSessionConfigEntry(made, pool, "0"))
        }
    }
}
