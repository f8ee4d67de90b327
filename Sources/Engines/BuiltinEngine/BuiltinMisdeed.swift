import Glibc
import Tensors

/// What a described model does to its process; only in a worker.
enum BuiltinMisdeed {
    /// Prints a line on standard output.
    static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(STDOUT_FILENO, bytes, bytes.count)
    }

    /// Ends the process by a signal, with last words.
    static func crash() -> Never {
        let words = Array("the model is described to crash\n".utf8)
        _ = write(STDERR_FILENO, words, words.count)
        abort()
    }

    /// Ends the process.
    static func exit(_ status: Int32) -> Never { _exit(status) }

    /// Takes memory, and uses it, until the process is killed.
    static func exhaust() {
        let step = 4 << 20
        while let memory = malloc(step) {
            memset(memory, 1, step)
            // So that a limit, and not the machine, is what ends it.
            usleep(2000)
        }
        abort()
    }

    /// Waits, whatever anybody says.
    static func stall() {
        while true { sleep(3600) }
    }
}

extension Tensor {
    /// The first element of a tensor of floats; nil for others and for none.
    var firstNumber: Double? {
        guard shape.elementCount > 0 else { return nil }
        switch elementType {
        case .float32: return withElements(as: Float.self) { $0.first.map(Double.init) }
        case .float64: return withElements(as: Double.self) { $0.first }
        default: return nil
        }
    }
}
