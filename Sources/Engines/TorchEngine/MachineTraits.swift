import Glibc
import ServingCore

/// What compiled code may count on in a machine.
struct MachineTraits: Hashable {
    /// As `uname -m` says it: `x86_64`.
    var architecture: String
    /// The processor's features by Linux's names; nil where nobody tells.
    var features: Set<String>?

    /// This machine's.
    static var current: MachineTraits {
        var names = utsname()
        guard uname(&names) == 0 else { return MachineTraits(architecture: "unknown") }
        let machine = withUnsafeBytes(of: &names.machine) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return MachineTraits(
            architecture: machine, features: features(cpuInformation: cpuInformation()))
    }

    /// The features in `/proc/cpuinfo`: the first line `flags` (x86) or `Features` (ARM).
    static func features(cpuInformation text: String) -> Set<String>? {
        for line in text.split(separator: "\n") {
            guard line.hasPrefix("flags") || line.hasPrefix("Features"),
                let colon = line.firstIndex(of: ":")
            else { continue }
            let words = line[line.index(after: colon)...].split(separator: " ")
            return Set(words.map(String.init))
        }
        return nil
    }

    /// The features that a set of instructions needs, by torch's name for it.
    ///
    /// From the compiler flags in `torch/_inductor/cpu_vec_isa.py`; none for names not known here.
    static func features(of instructions: String) -> [String] {
        switch instructions {
        case "AVX2": ["avx2", "fma", "f16c"]
        case "AVX512": ["avx512f", "avx512dq", "avx512vl", "avx512bw", "fma"]
        case "AVX512_VNNI": ["avx512_vnni"]
        case "AMX_TILE": ["amx_tile"]
        case "ASIMD": ["asimd"]
        default: []
        }
    }

    /// The start of `/proc/cpuinfo`, which has the first processor; all are alike.
    private static func cpuInformation() -> String {
        guard let file = fopen("/proc/cpuinfo", "re") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 32 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
