public import ServingCore

/// Runs a Python program of ours in a virtual environment that holds what it needs.
public struct PythonTool: Sendable {
    /// What the environment holds, as pip writes it: `onnx==1.23.2`.
    public let requirements: [String]
    /// An interpreter that has all that already, by path or name; nil to make an environment.
    public let python: String?

    /// Prepares; nothing is made yet.
    public init(requirements: [String], python: String? = nil) {
        self.requirements = requirements
        self.python = python
    }

    /// How long an environment may take to make: frameworks are hundreds of megabytes.
    private static let environmentTimeout = Duration.seconds(1800)

    /// Runs a program and waits for its end; what it prints goes to `progress`, line by line.
    ///
    /// The environment is made on first use and kept, as those of models are.
    ///
    /// - Parameters:
    ///   - arguments: The program's path and its arguments.
    ///   - timeout: When it is killed.
    /// - Throws: `library_missing` without a Python or a way to the packages; `model_invalid` when
    ///   they cannot be installed; `resource_exhausted` for a full disk or a time that is up.
    public func run(
        _ arguments: [String], timeout: Duration, progress: @escaping @Sendable (String) -> Void
    ) throws(ServingError) {
        let cancellation = EnvironmentCancellation()
        let interpreter = try interpreter(cancellation, progress)
        let process = try BuilderProcess(
            interpreter, ["-I", "-X", "utf8"] + arguments, cancellation)
        let deadline = MonotonicTime.now().advanced(by: timeout)
        var lines = TextLines()
        while true {
            switch process.receive(until: deadline) {
            case .bytes(let bytes): lines.append(bytes).forEach(progress)
            case .ended: return lines.rest.map(progress) ?? ()
            case .timedOut:
                throw ServingError(
                    .resourceExhausted,
                    "the tool was stopped after \(timeout.components.seconds) s without an answer")
            }
        }
    }

    /// The interpreter that is named, or that of an environment, which is made when it is missing.
    private func interpreter(
        _ cancellation: EnvironmentCancellation, _ progress: @escaping @Sendable (String) -> Void
    ) throws(ServingError) -> String {
        if let python {
            let path = try PythonEnvironments.path(of: python)
            _ = try EnvironmentBuilder.version(of: path, cancellation)
            return path
        }
        let (python, _) = try PythonEnvironments.systemPython()
        let builder = EnvironmentBuilder(
            python: python, packageDirectory: try WorkerPackage.directory(),
            timeout: Self.environmentTimeout, progress: progress, cancellation: cancellation)
        var request = BuilderRequest("build")
        request.add("cache", try PythonCache.directory())
        request.add("model", "this tool")
        request.add("directory", "/")
        request.add("requirement", each: requirements)
        request.add("need", each: PythonEnvironments.needs)
        return try builder.answer(to: request)
    }
}

/// Cuts what a process prints into lines, none longer than a kilobyte.
struct TextLines {
    private var held: [UInt8] = []

    /// Adds bytes and returns the lines that they complete.
    mutating func append(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") || held.count == 1024
            else {
                held.append(byte)
                continue
            }
            if let line = rest { lines.append(line) }
            held.removeAll(keepingCapacity: true)
            if byte > 0x1F { held.append(byte) }
        }
        return lines
    }

    /// The last line, which has no end yet; nil when it is empty.
    var rest: String? {
        held.isEmpty ? nil : String(decoding: held, as: UTF8.self)
    }
}
