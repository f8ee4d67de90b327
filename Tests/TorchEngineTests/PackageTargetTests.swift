import EngineInterface
import ServingCore
import Testing

@testable import TorchEngine

/// What compiled packages say of the machine that they were compiled for.
@Suite struct PackageTargetTests {
    private static let plain = MachineTraits(architecture: "x86_64", features: ["sse2", "avx2"])
    private static let modern = MachineTraits(
        architecture: "x86_64",
        features: ["avx2", "fma", "f16c", "avx512f", "avx512dq", "avx512vl", "avx512bw"])

    @Test(arguments: [
        (["AOTI_MACHINE": "x86_64", "AOTI_CPU_ISA": "INVALID_VEC_ISA"], plain, nil),
        (["AOTI_CPU_ISA": "AVX2"], modern, nil), (["AOTI_CPU_ISA": "AVX512"], modern, nil),
        ([:], plain, nil), (["AOTI_CPU_ISA": "SOMETHING_NEW"], plain, nil),
        (["AOTI_CPU_ISA": "AVX512"], MachineTraits(architecture: "x86_64"), nil),
        (["AOTI_CPU_ISA": "AVX2"], plain, "this processor has no fma, f16c"),
        (["AOTI_CPU_ISA": "AVX512 AVX512_VNNI AMX_TILE"], modern, "no avx512_vnni, amx_tile"),
        (["AOTI_MACHINE": "aarch64"], modern, "processors 'aarch64', but this one is x86_64"),
        (["AOTI_PLATFORM": "win32"], modern, "'win32', but this is linux"),
        (["AOTI_DEVICE_KEY": "cuda"], modern, "device 'cuda', but this engine runs on the CPU"),
    ])
    func codeForAnotherMachineIsRefused(
        _ metadata: [String: String], _ machine: MachineTraits, _ word: String?
    ) throws {
        let fields = metadata.map { "\"\($0.key)\": \"\($0.value)\"" }.joined(separator: ", ")
        let target = try PackageTarget(Self.archive("{\(fields)}"))
        do throws(ServingError) {
            try target.requireFit(machine)
            #expect(word == nil)
        } catch {
            #expect(error.code == .modelInvalid)
            #expect(word.map { error.message.contains($0) } == true, "\(error)")
        }
    }

    @Test(arguments: ["", "[]", "{", "{\"AOTI_MACHINE\": 3}", "\u{0}"])
    func metadataThatSayNothingRefuseNothing(_ text: String) throws {
        let target = try PackageTarget(Self.archive(text))
        #expect(target == (try PackageTarget(Self.archive("{}"))))
        try target.requireFit(Self.plain)
    }

    @Test func aPackageForAnotherMachineIsRefusedBeforeItIsOpened() throws {
        let error = #expect(throws: ServingError.self) {
            _ = try Fixture.engine.load(
                try Fixture.bad("other_machine.pt2"), Fixture.environment)
        }
        #expect(error?.code == .modelInvalid)
        let message = error?.message ?? ""
        #expect(message.contains("compiled for processors 'riscv64'"), "\(message)")
    }

    /// The fixture runs on every x86-64 processor, and says so.
    @Test func theFixtureIsCompiledForEveryProcessor() throws {
        let path = Fixture.directory("digits_compiled") + "/model.pt2"
        let target = try PackageTarget(FileBytes(path))
        #expect(target.architecture == "x86_64")
        #expect(target.instructions == "INVALID_VEC_ISA")
    }

    @Test func readsTheFeaturesOfBothKindsOfProcessor() {
        let x86 = "processor\t: 0\nflags\t\t: fpu sse2 avx2\nbugs\t\t:\n"
        #expect(MachineTraits.features(cpuInformation: x86) == ["fpu", "sse2", "avx2"])
        let arm = "processor\t: 0\nFeatures\t: fp asimd\n"
        #expect(MachineTraits.features(cpuInformation: arm) == ["fp", "asimd"])
        #expect(MachineTraits.features(cpuInformation: "processor\t: 0\n") == nil)
    }

    /// An archive with one stored file; sums are not looked at.
    private static func archive(_ text: String) -> FileBytes {
        let name = Array("model/data/aotinductor/model/x.wrapper_metadata.json".utf8)
        let content = Array(text.utf8)
        func number(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let sizes = number(content.count, 4) + number(content.count, 4) + number(name.count, 2)
        let fields = number(20, 2) + number(0, 12) + sizes + number(0, 2)
        let local = number(0x0403_4B50, 4) + fields + name + content
        let entry = number(0x0201_4B50, 4) + number(20, 2) + fields + number(0, 14) + name
        let end =
            number(0x0605_4B50, 4) + number(0, 4) + number(1, 2) + number(1, 2)
            + number(entry.count, 4) + number(local.count, 4) + number(0, 2)
        return FileBytes(local + entry + end)
    }
}
