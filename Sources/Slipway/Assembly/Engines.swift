import BuiltinEngine
public import EngineInterface
import MXNetEngine
import ONNXEngine
import PythonEngine
import SparkEngine
import TensorFlowEngine
import TorchEngine
import TreeEngine
import WorkerProcess

/// The frameworks that this program can load, in the order in which they are asked to recognise files.
public enum Engines {
    /// Each engine as it works within a process, with where its models run that do not say.
    ///
    /// An engine whose library is large, or has crashed on bad files, runs in processes of its own.
    private static let hosted: [(engine: any Engine, usually: WorkerSettings.Isolation)] = [
        (ONNXEngine(), .inProcess),
        (TensorFlowEngine(), .process),
        (TorchEngine(), .process),
        (MXNetEngine(), .process),
        (TreeEngine(), .inProcess),
        (SparkEngine(), .inProcess),
        (BuiltinEngine(), .inProcess),
    ]

    /// One instance of each; making them opens no library and starts no process.
    public static let all: [any Engine] =
        hosted.map { IsolatedEngine($0.engine, usually: $0.usually) } + [PythonEngine()]

    /// Where an engine's models run that do not say.
    static func isolation(of name: String) -> WorkerSettings.Isolation {
        hosted.first { $0.engine.name == name }?.usually ?? .process
    }

    /// Their names, for configuration and help.
    public static let names = all.map(\.name)

    /// What `slipway worker` is: this program as the host of one engine for one model version.
    ///
    /// Gives the exit status.
    public static func runWorker() -> Int32 {
        WorkerMain.run(hosted.map(\.engine), version: "slipway \(Version.number)")
    }

    /// Kills the process groups of a server's workers when the server is gone.
    public static func runWorkerGuard() -> Int32 { WorkerMain.runGuard() }

    /// Lets models run in processes: this program's own file is started as their worker.
    public static func allowWorkers() {
        WorkerHost.executable = "/proc/self/exe"
    }
}
