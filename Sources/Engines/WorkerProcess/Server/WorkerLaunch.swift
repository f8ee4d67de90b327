import CWorkerProcess
import EngineInterface
import Glibc
import ServingCore
import Synchronization

/// How the worker of an engine is started.
public struct WorkerLaunch: Sendable {
    /// The program, as an absolute path.
    public var executable: String
    /// What it is called with, without its own name.
    public var arguments: [String]
    /// Environment variables that the engine wants set.
    public var environment: [String: String]
    /// Where it works; nil for the version directory.
    public var workingDirectory: String?

    /// Describes a start.
    public init(
        executable: String, arguments: [String], environment: [String: String] = [:],
        workingDirectory: String? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
    }
}

/// This program as an executable file that knows `worker`; its main file says so before all else.
public enum WorkerHost {
    private static let path = Mutex<String?>(nil)

    /// The executable with the subcommand `worker`; nil in programs that have none, such as tests that
    /// have not named one.
    public static var executable: String? {
        get { path.withLock { $0 } }
        set { path.withLock { $0 = newValue } }
    }

    /// The variable that tells a worker how many lanes it has.
    static let lanesVariable = "SLIPWAY_WORKER_LANES"
}

/// The environment of a worker: little of the server's, so that its secrets stay with it.
enum WorkerEnvironment {
    private static let passed: Set = [
        "PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "LD_LIBRARY_PATH",
    ]
    private static let passedPrefixes = ["SLIPWAY_", "CUDA_", "NVIDIA_"]
    /// Read by the thread pools of numerical libraries.
    private static let threadVariables = [
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    ]

    /// Everything, as `NAME=value`.
    static func variables(
        _ launch: WorkerLaunch, settings: WorkerSettings, processors: Int, lanes: Int
    ) -> [String] {
        var values: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2, isPassed(String(pair[0])) {
                values[String(pair[0])] = String(pair[1])
            }
            entry += 1
        }
        for name in threadVariables { values[name] = String(processors) }
        // Idle threads of OpenMP sleep, rather than spin on processors that other models need.
        values["OMP_WAIT_POLICY"] = "PASSIVE"
        values.merge(launch.environment) { $1 }
        values.merge(settings.environment) { $1 }
        values[WorkerHost.lanesVariable] = String(lanes)
        return values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    private static func isPassed(_ name: String) -> Bool {
        passed.contains(name) || passedPrefixes.contains { name.hasPrefix($0) }
    }
}
