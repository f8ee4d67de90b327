import CWorkerProcess
import Glibc
import ServingCore

/// A small process that outlives the server by a moment and kills the workers' process groups then.
///
/// Each worker is killed by the system when the server goes, but not the children of user code in it.
/// The supervisor's thread only.
struct WorkerGuard {
    private var process: Int32 = 0
    private var pipe: Int32 = -1

    /// Puts a process group under guard; starts the guard when it does not run. Without an executable
    /// to start (a test, a library's user) there is none.
    mutating func add(_ group: Int32, others: [Int32]) {
        guard !tell(group), let executable = WorkerHost.executable else { return }
        stop()
        start(executable)
        for group in others + [group] { _ = tell(group) }
    }

    /// A process group is gone.
    mutating func remove(_ group: Int32) {
        _ = tell(-group)
    }

    /// Ends the guard; groups that it still knows go with it.
    mutating func stop() {
        if pipe >= 0 { close(pipe) }
        pipe = -1
        if process > 0 { waitpid(process, nil, 0) }
        process = 0
    }

    private func tell(_ number: Int32) -> Bool {
        guard pipe >= 0 else { return false }
        var record = number.littleEndian
        return write(pipe, &record, 4) == 4
    }

    private mutating func start(_ executable: String) {
        var ends: [Int32] = [-1, -1]
        guard slipway_pipe(&ends, 1) == 0 else { return }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer {
            close(ends[0])
            if null >= 0 { close(null) }
        }
        let spawn = ProcessSpawn(
            executable: executable, arguments: ["worker", "--guard"],
            environment: Self.environment,
            directory: "/", descriptors: [ends[0], null, null], ownsSession: true,
            diesWithThread: false)
        do throws(ServingError) {
            process = try spawn.run()
            pipe = ends[1]
        } catch {
            close(ends[1])
        }
    }

    /// What the program's own libraries are found with.
    private static var environment: [String] {
        getenv("LD_LIBRARY_PATH").map { ["LD_LIBRARY_PATH=" + String(cString: $0)] } ?? []
    }

    /// The guard's own life: `slipway worker --guard`.
    static func run() {
        for number in [SIGTERM, SIGINT, SIGHUP, SIGPIPE] { signal(number, SIG_IGN) }
        var groups: Set<Int32> = []
        var record: Int32 = 0
        while true {
            let count = read(STDIN_FILENO, &record, 4)
            if count < 0, errno == EINTR { continue }
            guard count == 4 else { break }
            let number = Int32(littleEndian: record)
            if number > 0 { groups.insert(number) } else { groups.remove(-number) }
        }
        for group in groups where group > 1 { kill(-group, SIGKILL) }
    }
}
