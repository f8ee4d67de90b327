import Glibc
import NativeLibrary
import ServingCore
import Testing

@Suite struct NativeLibraryTests {
    /// The C library: a shared object that every machine has.
    private let present = LibrarySpecification(
        engine: "c", version: "6", fileNames: ["libc.so.6"], installCommand: "none needed")

    private func absent(_ name: String = "libslipway-absent.so") -> LibrarySpecification {
        LibrarySpecification(
            engine: "example", version: "1.2", fileNames: [name],
            installCommand: "scripts/fetch-deps example")
    }

    @Test func findsALibraryOfTheSystem() throws {
        let library = try NativeLibrary.open(present, LibrarySearch())
        #expect(library.path == "libc.so.6")
        _ = try library.symbol("getpid")
    }

    @Test func saysWhatWasTriedAndHowToInstall() {
        let search = LibrarySearch(
            configuredDirectories: ["/nowhere/configured"], environmentValue: "/nowhere/else")
        let error = #expect(throws: ServingError.self) {
            _ = try NativeLibrary.open(absent(), search)
        }
        #expect(error?.code == .libraryMissing)
        for part in [
            "libslipway-absent.so", "/nowhere/configured", "/nowhere/else",
            "scripts/fetch-deps example", "SLIPWAY_LIBRARY_PATH",
        ] {
            #expect(error?.message.contains(part) == true, "\(part)")
        }
    }

    @Test func saysWhichSymbolIsMissing() throws {
        let library = try NativeLibrary.open(present, LibrarySearch())
        let error = #expect(throws: ServingError.self) { _ = try library.symbol("SlipwayNoSuch") }
        #expect(error?.code == .libraryMissing)
        #expect(error?.message.contains("SlipwayNoSuch") == true)
    }

    /// An ELF header: magic, class, byte order, padding, type, machine.
    private static func header(class width: UInt8 = 2, type: UInt8 = 3, machine: UInt8 = 0)
        -> [UInt8]
    {
        [0x7F, 0x45, 0x4C, 0x46, width, 1] + [UInt8](repeating: 0, count: 10)
            + [type, 0, machine, 0]
    }

    private static var ofThisMachine: [UInt8] {
        #if arch(x86_64)
            header(machine: 62)
        #else
            header(machine: 183)
        #endif
    }

    @Test(arguments: [
        ([UInt8](), "empty"),
        (Array("version https://".utf8), "no ELF header"),
        ([0x7F, 0x45, 0x4C, 0x46, 2, 1], "cut short"),
        (header(class: 1), "64-bit"),
        (header(type: 2), "not a shared library"),
        (header(machine: 8), "machine 8"),
    ])
    func saysWhatIsWrongWithAFile(bytes: [UInt8], reason: String) throws {
        try withLibraryFile(bytes) { search, name in
            let error = #expect(throws: ServingError.self) {
                _ = try NativeLibrary.open(absent(name), search)
            }
            let same = #expect(throws: ServingError.self) {
                _ = try NativeLibrary.installed(absent(name), search)
            }
            #expect(same?.message == error?.message)
            #expect(error?.code == .libraryMissing)
            #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("scripts/fetch-deps example") == true)
        }
    }

    @Test func doesNotFallBackFromABrokenFileToTheSystem() throws {
        try withLibraryFile([1, 2, 3], name: "libc.so.6") { search, name in
            #expect(throws: ServingError.self) { _ = try NativeLibrary.open(present, search) }
        }
    }

    @Test func passesOnWhatTheDynamicLinkerSays() throws {
        // A right header with nothing behind it: only the linker notices.
        try withLibraryFile(Self.ofThisMachine) { search, name in
            let error = #expect(throws: ServingError.self) {
                _ = try NativeLibrary.open(absent(name), search)
            }
            #expect(error?.message.contains("file too short") == true, "\(error?.message ?? "")")
        }
    }

    @Test func findsAnInstalledLibraryWithoutOpeningIt() throws {
        // Opening it would fail: there is nothing behind the header.
        try withLibraryFile(Self.ofThisMachine, name: "libexample.so.1.4") { search, name in
            let found = try NativeLibrary.installed(absent(name), search)
            #expect(found?.version == "1.4")
            #expect(found?.path.hasSuffix("/libexample.so.1.4") == true)
        }
        try withLibraryFile(Self.ofThisMachine) { search, name in
            let found = try NativeLibrary.installed(absent(name), search)
            #expect(found?.version == "unknown")
        }
        let nowhere = try NativeLibrary.installed(absent(), LibrarySearch())
        #expect(nowhere == nil)
    }

    @Test func anInstalledCopyHasTheVersionOfItsDirectory() throws {
        let place = "/example/2.5.1/lib"
        try withLibraryFile(Self.ofThisMachine, below: place) { search, name in
            let found = try NativeLibrary.installed(absent(name), search)
            #expect(found?.version == "2.5.1")
        }
    }

    private func withLibraryFile(
        _ bytes: [UInt8], name: String = "libexample.so", below place: String = "",
        _ body: (LibrarySearch, String) throws -> Void
    ) throws {
        var template = Array("/tmp/slipway-library-XXXXXX".utf8CString)
        let top = try #require(mkdtemp(&template).map { String(cString: $0) })
        var made = [top]
        for part in place.split(separator: "/") {
            made.append(made[made.count - 1] + "/" + part)
            #expect(mkdir(made[made.count - 1], 0o700) == 0)
        }
        let path = top + place + "/" + name
        defer {
            unlink(path)
            for directory in made.reversed() { rmdir(directory) }
        }
        let file = try #require(fopen(path, "w"))
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
        try body(LibrarySearch(configuredDirectories: [top + place]), name)
    }
}
