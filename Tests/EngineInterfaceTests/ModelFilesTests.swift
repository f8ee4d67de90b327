import EngineInterface
import Glibc
import ServingCore
import Testing

@Suite struct ModelFilesTests {
    @Test func listsFilesAtAnyDepthByName() throws {
        try withDirectory { path in
            mkdir(path + "/variables", 0o755)
            try write(path + "/saved_model.pb", bytes: 5)
            try write(path + "/variables/data", bytes: 7)
            symlink("saved_model.pb", path + "/link.pb")
            symlink("nowhere", path + "/broken")
            let files = try ModelFiles.list(path)
            #expect(
                files.entries == [
                    .init(name: "link.pb", byteCount: 5, isDirectory: false),
                    .init(name: "saved_model.pb", byteCount: 5, isDirectory: false),
                    .init(name: "variables", byteCount: 0, isDirectory: true),
                    .init(name: "variables/data", byteCount: 7, isDirectory: false),
                ])
            #expect(files.byteCount == 17)
            #expect(files.files(endingWith: ".pb").map(\.name) == ["link.pb", "saved_model.pb"])
            #expect(files.files(endingWith: "data").isEmpty)
            #expect(files.entry("variables/data")?.byteCount == 7)
            #expect(files.path(of: "variables/data") == path + "/variables/data")
        }
    }

    @Test func endsWithADirectoryThatLinksToItself() throws {
        try withDirectory { path in
            symlink(".", path + "/again")
            let files = try ModelFiles.list(path)
            #expect(files.entries.count < 20)
        }
    }

    @Test func saysWhichDirectoryCannotBeRead() {
        let error = #expect(throws: ServingError.self) {
            _ = try ModelFiles.list("/nowhere/at/all")
        }
        #expect(error?.code == .fileUnreadable)
        #expect(error?.message.contains("/nowhere/at/all") == true)
    }

    private func write(_ path: String, bytes: Int) throws {
        let file = try #require(fopen(path, "w"))
        fputs(String(repeating: "x", count: bytes), file)
        fclose(file)
    }

    private func withDirectory(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/slipway-files-XXXXXX".utf8CString)
        let path = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer {
            for name in ["saved_model.pb", "link.pb", "broken", "again", "variables/data"] {
                unlink(path + "/" + name)
            }
            rmdir(path + "/variables")
            rmdir(path)
        }
        try body(path)
    }
}
