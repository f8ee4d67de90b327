import Glibc
import PythonEngine
import ServingCore
import Wire

/// The Python program that exports, which this program carries.
enum ConversionTool {
    /// Longest time that an export may take.
    static let timeout = Duration.seconds(3600)

    /// Its files.
    static var files: [(name: String, bytes: [UInt8])] {
        [
            ("convert_main.py", PackageResources.convert_main_py),
            ("convert_arrays.py", PackageResources.convert_arrays_py),
            ("convert_keras.py", PackageResources.convert_keras_py),
            ("convert_onnx.py", PackageResources.convert_onnx_py),
            ("convert_quantize.py", PackageResources.convert_quantize_py),
            ("convert_sklearn.py", PackageResources.convert_sklearn_py),
            ("convert_torch.py", PackageResources.convert_torch_py),
            ("convert_trees.py", PackageResources.convert_trees_py),
        ]
    }

    /// Writes the program and the job into the folder, and runs it there.
    ///
    /// - Throws: `file_unreadable` when they cannot be written; what `PythonTool.run` throws.
    static func run(
        _ plan: ConversionPlan, job: JSONValue, python: String?, in folder: ScratchFolder,
        progress: @escaping @Sendable (String) -> Void
    ) throws(ServingError) {
        let program = folder.path + "/program"
        guard mkdir(program, 0o700) == 0 else { throw failure(program) }
        for file in files { try write(file.bytes, to: program + "/" + file.name) }
        try write(Array(try job.text(.compact).utf8), to: folder.path + "/job.json")
        try PythonTool(requirements: plan.requirements, python: python).run(
            [program + "/convert_main.py", folder.path + "/job.json"], timeout: timeout,
            progress: progress)
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(ServingError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw failure(path) }
    }

    private static func failure(_ path: String) -> ServingError {
        ServingError(
            .fileUnreadable, "cannot write \(path): \(String(cString: strerror(errno)))")
    }
}
