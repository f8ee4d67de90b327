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
}
