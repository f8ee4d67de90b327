import Glibc
import ServingCore
import Testing

@testable import Slipway

/// Files beside the tests, and temporary directories.
enum TestFiles {
    static let directory = FilePath.directory(of: #filePath)

    static func bytes(_ name: String) throws -> [UInt8] {
        try FileBytes.read(directory + "/" + name, limit: 1 << 24, what: "a test")
    }

    static func text(_ name: String) throws -> String {
        String(decoding: try bytes(name), as: UTF8.self)
    }

    static func names(in folder: String) -> [String] {
        guard let stream = opendir(directory + "/" + folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        let file = try #require(fopen(path, "w"))
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    static func remove(_ path: String) -> Bool { unlink(path) == 0 }

    /// Calls `body` with a new directory, and removes it with its files afterwards.
    static func withDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
        var template = Array("/tmp/slipway-tests-XXXXXX".utf8CString)
        let made = try #require(mkdtemp(&template))
        let path = String(cString: made)
        defer {
            for name in names(at: path) { unlink(path + "/" + name) }
            rmdir(path)
        }
        return try body(path)
    }

    private static func names(at path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        return names
    }
}
