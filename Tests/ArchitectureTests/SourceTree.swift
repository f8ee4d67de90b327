import Foundation

/// What the test needs to know of the checkout: files, their imports, the manifest's edges.
enum SourceTree {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file below a folder of the checkout, relative to it.
    static func swiftFiles(in folder: String) -> [String] {
        let base = root.appending(path: folder)
        let walker = FileManager.default.enumerator(atPath: base.path)
        var files: [String] = []
        while let file = walker?.nextObject() as? String {
            if file.hasSuffix(".swift"), !file.contains(".build/") {
                files.append(folder + "/" + file)
            }
        }
        return files.sorted()
    }

    static func text(_ file: String) throws -> String {
        try String(contentsOf: root.appending(path: file), encoding: .utf8)
    }

    /// The modules that a source text imports, whatever the access level or attributes in front.
    static func imports(in text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            var words = line.split(separator: " ").map(String.init)
            while let first = words.first,
                first.hasPrefix("@")
                    || ["public", "package", "internal", "private", "fileprivate"].contains(first)
            {
                words.removeFirst()
            }
            guard words.first == "import", words.count >= 2 else { return nil }
            // `import struct Module.Name` names the module behind the kind.
            let kinds = ["struct", "class", "enum", "protocol", "func", "typealias", "var", "let"]
            let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
            return name.split(separator: ".").first.map(String.init)
        }
    }

    /// The room of a file: the folder below its layer, or the layer for rows of one room.
    static func room(of file: String) -> String {
        let parts = file.split(separator: "/").map(String.init)
        return ["Core", "Engines", "DataPlane", "ControlPlane"].contains(parts[1])
            ? parts[2] : parts[1]
    }

    /// The edges between rooms in Package.swift: each `room(...)`'s name and the quoted names after it.
    static func manifestEdges(in manifest: String) -> [(room: String, dependency: String)] {
        manifest.components(separatedBy: "room(").dropFirst(2).flatMap {
            chunk -> [(String, String)] in
            let declaration = chunk.components(separatedBy: "])").first ?? ""
            let names = declaration.split(separator: "\"", omittingEmptySubsequences: false)
                .enumerated().compactMap { $0.offset % 2 == 1 ? String($0.element) : nil }
            guard names.count >= 2 else { return [] }
            return names.dropFirst(2).map { (names[1], $0) }
        }
    }
}
