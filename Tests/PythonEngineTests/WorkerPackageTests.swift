import EngineInterface
import Glibc
import ServingCore
import Testing

@testable import PythonEngine

/// The Python files in the program, and the directory that they become.
@Suite struct WorkerPackageTests {
    @Test func carriesExactlyTheFilesOfTheFolder() throws {
        let folder = PythonModels.root + "/Sources/Engines/PythonEngine/Worker"
        let there = try ModelFiles.list(folder).entries.filter { $0.name.hasSuffix(".py") }
        #expect(Set(WorkerPackage.files.map(\.path)) == Set(there.map(\.name)))
        for file in WorkerPackage.files {
            let size = there.first { $0.name == file.path }?.byteCount
            #expect(size == file.bytes.count, "\(file.path) was changed after the program was built")
        }
    }

    @Test func writesThemOnceAndPutsRightWhatWasChanged() throws {
        let directory = try TemporaryDirectory()
        let files = Array(WorkerPackage.files.prefix(3))
        let path = try WorkerPackage.directory(of: files, in: directory.path)
        let victim = path + "/" + files[0].path
        let first = try inode(victim)
        #expect(try WorkerPackage.directory(of: files, in: directory.path) == path)
        #expect(try inode(victim) == first, "a file that is right was written again")
        for damage in ["", "import os", String(repeating: "x", count: 100_000)] {
            try directory.write(String(victim.dropFirst(directory.path.count + 1)), Array(damage.utf8))
            _ = try WorkerPackage.directory(of: files, in: directory.path)
            #expect(try size(victim) == files[0].bytes.count)
        }
        unlink(victim)
        symlink("/etc/passwd", victim)
        _ = try WorkerPackage.directory(of: files, in: directory.path)
        #expect(try size(victim) == files[0].bytes.count)
        let names = try ModelFiles.list(path).entries.filter { !$0.isDirectory }.map(\.name)
        #expect(names == files.map(\.path).sorted())
    }

    @Test func namesTheDirectoryByTheContent() throws {
        let directory = try TemporaryDirectory()
        let files = WorkerPackage.files
        let all = try WorkerPackage.directory(of: files, in: directory.path)
        let fewer = try WorkerPackage.directory(of: Array(files.dropLast()), in: directory.path)
        #expect(all != fewer)
    }

    @Test func refusesACacheThatOthersMayWriteTo() throws {
        let directory = try TemporaryDirectory()
        chmod(directory.path, 0o777)
        #expect(throws: ServingError.self) { try PythonCache.requireOwn(directory.path) }
        chmod(directory.path, 0o700)
        try PythonCache.requireOwn(directory.path)
        #expect(throws: ServingError.self) { try PythonCache.make("/proc/no/such") }
    }

    @Test(arguments: [
        (["SLIPWAY_CACHE": "/a", "HOME": "/h"], "/a"),
        (["XDG_CACHE_HOME": "/x", "HOME": "/h"], "/x/slipway"), (["HOME": "/h"], "/h/.cache/slipway"),
        ([:], nil), (["SLIPWAY_CACHE": "relative"], nil),
    ] as [([String: String], String?)])
    func findsAPlaceForTheCache(_ variables: [String: String], _ path: String?) {
        #expect((try? PythonCache.place { variables[$0] }) == path)
    }

    private func status(_ path: String) throws -> stat {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ServingError(.fileUnreadable, "\(path) is no file")
        }
        return status
    }

    private func size(_ path: String) throws -> Int { Int(try status(path).st_size) }
    private func inode(_ path: String) throws -> UInt { UInt(try status(path).st_ino) }
}
