import ServingCore

/// Decides when a base directory is read: soon after a change, again when files may have settled,
/// and every so often in any case; never twice at a time.
struct ScanSchedule: Sendable {
    /// Shortest pause between two scans, however often the directory changes.
    let pauseMinimum: Duration

    private var dueAt: MonotonicTime
    /// Whether a scan is under way.
    private(set) var isRunning = false
    private var hasChanged = false
    private var earliest = MonotonicTime(nanoseconds: 0)

    /// Due at once.
    init(pauseMinimum: Duration, now: MonotonicTime) {
        self.pauseMinimum = pauseMinimum
        dueAt = now
    }

    /// When to look next; nil while a scan is running.
    var deadline: MonotonicTime? { isRunning ? nil : dueAt }

    /// Somebody says that the directory has changed.
    mutating func changed(_ now: MonotonicTime) {
        if isRunning { hasChanged = true }
        dueAt = min(dueAt, max(now, earliest))
    }

    /// Begins a scan if one is due.
    mutating func begin(_ now: MonotonicTime) -> Bool {
        guard !isRunning, dueAt <= now else { return false }
        isRunning = true
        hasChanged = false
        return true
    }

    /// A scan is over.
    ///
    /// - Parameters:
    ///   - settlesAt: When the files that are still changing may have settled.
    ///   - pollInterval: When to look again though nobody announces a change.
    mutating func finished(
        settlesAt: MonotonicTime?, pollInterval: Duration, _ now: MonotonicTime
    ) {
        isRunning = false
        earliest = now.advanced(by: pauseMinimum)
        dueAt = now.advanced(by: pollInterval)
        if let settlesAt { dueAt = min(dueAt, max(settlesAt, earliest)) }
        if hasChanged { dueAt = earliest }
    }
}
