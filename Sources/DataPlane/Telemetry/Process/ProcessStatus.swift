/// What `/proc/self/stat` says of a process. Source: proc_pid_stat(5).
struct ProcessStatus: Equatable {
    /// Threads.
    var threads: Int
    /// When it was started, in clock ticks after boot.
    var startTicks: UInt64
    /// Size of the address space, in bytes.
    var virtualBytes: UInt64
    /// Pages in memory.
    var residentPages: UInt64

    /// Reads the line; nil when it has another form. The second field, the program's name in
    /// parentheses, may itself hold spaces and parentheses.
    init?(_ line: String) {
        guard let close = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: close)...].split(whereSeparator: \.isWhitespace)
        // Field 3 of the manual page is the first of these.
        guard fields.count > 21, let threads = Int(fields[17]), let start = UInt64(fields[19]),
            let virtual = UInt64(fields[20]), let resident = UInt64(fields[21])
        else { return nil }
        self.threads = threads
        startTicks = start
        virtualBytes = virtual
        residentPages = resident
    }
}
