import CWorkerProcess
import Glibc
import ServingCore

/// Starts processes; on the thread that looks after them, because they end with it.
struct ProcessSpawn {
    var executable: String
    var arguments: [String]
    var environment: [String]
    var directory: String?
    /// Descriptor i of the process is a copy of the i-th.
    var descriptors: [Int32]
    var ownsSession = false
    var diesWithThread = true
    var dataLimit: UInt64 = 0
    var processors: [UInt8] = []

    /// Starts and gives the process.
    ///
    /// - Throws: `resource_exhausted` or `configuration_invalid`, saying what the system said.
    func run() throws(ServingError) -> Int32 {
        let result = withCStrings([shownName] + arguments) { arguments in
            withCStrings(environment) { environment in
                executable.withCString { executable in
                    descriptors.withUnsafeBufferPointer { descriptors in
                        processors.withUnsafeBufferPointer { processors in
                            withDirectory { directory in
                                var request = slipway_spawn_request()
                                request.executable = executable
                                request.arguments = arguments
                                request.environment = environment
                                request.directory = directory
                                request.descriptors = descriptors.baseAddress
                                request.descriptor_count = Int32(descriptors.count)
                                request.own_session = ownsSession ? 1 : 0
                                request.dies_with_thread = diesWithThread ? 1 : 0
                                request.data_limit = dataLimit
                                request.processors = processors.baseAddress
                                request.processor_bytes = processors.count
                                return slipway_spawn(&request)
                            }
                        }
                    }
                }
            }
        }
        guard result > 0 else {
            let code: ErrorCode = -result == EAGAIN || -result == ENOMEM || -result == EMFILE
                ? .resourceExhausted : .configurationInvalid
            throw ServingError(
                code,
                "cannot start \(executable) in \(directory ?? "the server's directory"): "
                    + String(cString: strerror(-result)))
        }
        return result
    }

    /// What a list of processes shows.
    private var shownName: String { executable == "/proc/self/exe" ? "slipway" : executable }

    private func withDirectory<Result>(_ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        guard let directory else { return body(nil) }
        return directory.withCString { body($0) }
    }

    private func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = texts.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { fatalError("an array with an end is not empty") }
            return body(base)
        }
    }
}
