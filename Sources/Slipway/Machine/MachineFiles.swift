import Glibc

/// The small text files in which the kernel reports about machine and process; tests give their own.
public struct MachineFiles: Sendable {
    /// The text of a file; nil when it cannot be read.
    public let read: @Sendable (_ path: String) -> String?

    /// Reads by a closure.
    public init(read: @escaping @Sendable (_ path: String) -> String?) {
        self.read = read
    }

    /// The machine's own files.
    public static let system = MachineFiles { path in
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        let count = Glibc.read(file, &bytes, bytes.count)
        return count >= 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    /// A file that holds one number; nil for anything else, also for `max`.
    func number(_ path: String) -> Int? {
        read(path).flatMap { Int($0.trimmed) }
    }
}

extension StringProtocol {
    /// The text without white space at both ends.
    var trimmed: String {
        let start = drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }
}
