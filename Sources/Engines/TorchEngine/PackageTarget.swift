import EngineDocuments
import Inference
import ServingCore

/// What a compiled package was compiled for, by the metadata that PyTorch writes beside its code.
///
/// Written by `get_device_information` in `torch/_inductor/codecache.py`, as a JSON object of strings
/// in `data/aotinductor/model/*_metadata.json`. What is not there is not compared.
struct PackageTarget: Hashable {
    /// `cpu`, `cuda`.
    var device: String?
    /// As Python's `sys.platform`: `linux`.
    var system: String?
    /// As Python's `platform.machine()`: `x86_64`.
    var architecture: String?
    /// Sets of instructions, in capitals: `AVX512 AVX512_VNNI`.
    var instructions: String?

    /// Metadata of more bytes is not read.
    private static let bytesMaximum = 64 << 10

    /// Reads the metadata; a package without any, or with compressed ones, says nothing.
    ///
    /// - Throws: `model_invalid` for a file that is no archive or refers beyond its end.
    init(_ file: FileBytes) throws(ServingError) {
        let directory = try ZipDirectory(file)
        let names = "/data/aotinductor/model/"
        guard
            let entry = directory.entries.first(where: {
                $0.name.contains(names) && $0.name.hasSuffix("metadata.json")
            }), entry.byteCount <= Self.bytesMaximum
        else { return }
        let bytes = try directory.prefix(of: entry, count: entry.byteCount, in: file)
        let document = try? DocumentValue(json: String(decoding: bytes, as: UTF8.self))
        device = document?["AOTI_DEVICE_KEY"]?.string
        system = document?["AOTI_PLATFORM"]?.string
        architecture = document?["AOTI_MACHINE"]?.string
        instructions = document?["AOTI_CPU_ISA"]?.string
    }

    /// Refuses a package whose code does not run here.
    ///
    /// - Throws: `model_invalid` with what it was compiled for, and what is here.
    func requireFit(_ machine: MachineTraits) throws(ServingError) {
        if let device, device != "cpu" {
            throw Self.unfit("device '\(device.clipped())'", "this engine runs on the CPU")
        }
        if let system, system != "linux" {
            throw Self.unfit("'\(system.clipped())'", "this is linux")
        }
        if let architecture, architecture != machine.architecture {
            throw Self.unfit(
                "processors '\(architecture.clipped())'", "this one is \(machine.architecture)")
        }
        guard let instructions, let features = machine.features else { return }
        let missing = instructions.split(separator: " ").flatMap {
            MachineTraits.features(of: String($0)).filter { !features.contains($0) }
        }
        guard missing.isEmpty else {
            throw Self.unfit(
                instructions.clipped(),
                "this processor has no \(missing.joined(separator: ", ")) (the option "
                    + "check_package: false loads it all the same)")
        }
    }

    private static func unfit(_ wanted: String, _ found: String) -> ServingError {
        ServingError(
            .modelInvalid,
            "the package was compiled for \(wanted), but \(found); compile it again on a machine "
                + "like this one, with torch._inductor.aoti_compile_and_package")
    }
}
