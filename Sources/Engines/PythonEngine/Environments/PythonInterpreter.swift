/// The Python that a model's worker runs in.
struct PythonInterpreter: Hashable, Sendable {
    /// Path of the program; of a virtual environment, its own `bin/python`.
    let path: String
    /// Arguments before the worker's own.
    let arguments: [String]
    /// Variables that the worker needs besides the usual ones.
    let environment: [String: String]

    /// An interpreter that needs nothing more than its path.
    init(path: String, arguments: [String] = [], environment: [String: String] = [:]) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
    }
}
