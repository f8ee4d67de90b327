import Glibc

/// The first bytes of a file, read to say why it cannot be a shared library of this machine.
enum SharedObjectHeader {
    /// Bytes that are looked at: an ELF header up to its machine field.
    static let byteCount = 20

    /// What is wrong with a file that begins so; nil when it is a shared library for this machine.
    ///
    /// Layout: ELF-64, `e_ident` (class at 4, byte order at 5), `e_type` at 16, `e_machine` at 18.
    static func defect(in bytes: [UInt8]) -> String? {
        guard !bytes.isEmpty else { return "it is empty" }
        guard bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
            return "it is not a shared library (no ELF header)"
        }
        guard bytes.count >= byteCount else { return "it is cut short" }
        guard bytes[4] == 2, bytes[5] == 1 else {
            return "it is not for a 64-bit machine like this"
        }
        guard littleEndian(bytes, at: 16) == 3 else { return "it is not a shared library" }
        let machine = littleEndian(bytes, at: 18)
        guard machine == thisMachine else {
            return "it is for \(name(of: machine)), this machine is \(name(of: thisMachine))"
        }
        return nil
    }

    /// The first bytes of the file.
    ///
    /// Returns nil when the file cannot be opened; `errno` says why.
    static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: byteCount)
        let count = bytes.withUnsafeMutableBytes {
            Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        return count < 0 ? nil : Array(bytes.prefix(count))
    }

    #if arch(x86_64)
        private static let thisMachine = 62
    #elseif arch(arm64)
        private static let thisMachine = 183
    #endif

    private static func littleEndian(_ bytes: [UInt8], at offset: Int) -> Int {
        Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
    }

    private static func name(of machine: Int) -> String {
        switch machine {
        case 62: "x86-64"
        case 183: "aarch64"
        default: "machine \(machine)"
        }
    }
}
