import NativeLibrary
import Testing

@Suite struct LibrarySearchTests {
    private let library = LibrarySpecification(
        engine: "example", version: "1.2", fileNames: ["libexample.so"], installCommand: "get it")

    @Test func looksInConfiguredThenEnvironmentThenInstalledThenBesideTheProgram() {
        let search = LibrarySearch(
            configuredDirectories: ["/configured"], environmentValue: "/one::/two",
            currentDirectory: "/checkout", executableDirectory: "/opt/slipway/bin")
        #expect(
            search.directories(for: library) == [
                "/configured", "/one", "/two", "/checkout/.deps/example/1.2/lib",
                "/opt/slipway/bin/.deps/example/1.2/lib", "/opt/slipway/.deps/example/1.2/lib",
                "/opt/.deps/example/1.2/lib", "/.deps/example/1.2/lib", "/opt/slipway/bin/lib",
            ])
    }

    @Test func findsTheCheckoutFromItsBuildDirectory() {
        let search = LibrarySearch(executableDirectory: "/src/slipway/.build/x86_64/release")
        #expect(
            search.directories(for: library).contains("/src/slipway/.deps/example/1.2/lib"))
    }

    @Test func doesNotLookFarAboveTheProgram() {
        let search = LibrarySearch(executableDirectory: "/tmp/a/b/c/d")
        let directories = search.directories(for: library)
        #expect(directories.contains("/tmp/a/.deps/example/1.2/lib"))
        #expect(!directories.contains("/tmp/.deps/example/1.2/lib"))
    }

    @Test func namesNoDirectoryTwice() {
        let search = LibrarySearch(
            configuredDirectories: ["/a", "/a"], environmentValue: "/a:/b",
            currentDirectory: "/src", executableDirectory: "/src")
        let directories = search.directories(for: library)
        #expect(Set(directories).count == directories.count)
        #expect(directories.prefix(2) == ["/a", "/b"])
    }

    @Test func looksNowhereWhenNothingIsKnown() {
        #expect(LibrarySearch().directories(for: library).isEmpty)
    }

    @Test func readsThisProcess() {
        let search = LibrarySearch.ofThisProcess(configuredDirectories: ["/a"])
        #expect(search.configuredDirectories == ["/a"])
        #expect(search.currentDirectory?.hasPrefix("/") == true)
        #expect(search.executableDirectory?.hasPrefix("/") == true)
    }

    @Test func looksIntoTheUsersDirectoryAfterTheProgramsOwn() {
        let search = LibrarySearch(
            executableDirectory: "/opt/bin", dataDirectory: "/home/me/engines")
        #expect(
            search.directories(for: library).suffix(2) == [
                "/opt/bin/lib", "/home/me/engines/example/1.2/lib",
            ])
    }

    @Test(
        arguments: [
            ("/data", "/home/me", "/data/slipway/engines"),
            (nil, "/home/me", "/home/me/.local/share/slipway/engines"),
            ("relative", "/home/me", "/home/me/.local/share/slipway/engines"),
            (nil, "/", "/.local/share/slipway/engines"), (nil, "", nil), ("", nil, nil),
        ] as [(String?, String?, String?)])
    func findsTheUsersDirectory(_ dataHome: String?, _ home: String?, _ wanted: String?) {
        #expect(LibrarySearch.userDirectory(dataHome: dataHome, home: home) == wanted)
    }
}
