import ServingCore

/// What a file of PyTorch holds, told from its first bytes and the names in it: nothing is unpickled.
enum TorchFile: Hashable {
    /// A module saved by `torch.jit.save`.
    case script
    /// A package of `aoti_compile_and_package`.
    case package

    /// Looks at a file.
    ///
    /// - Throws: `file_unreadable`; `model_invalid` that says what it is instead, and how to export
    ///   the model.
    init(_ path: String) throws(ServingError) { try self.init(FileBytes(path)) }

    /// As `init(_:)`, for an open file.
    init(_ file: FileBytes) throws(ServingError) {
        guard file.count > 0 else { throw ServingError(.modelInvalid, "it is empty") }
        let start = try file.read(at: 0, count: min(file.count, 512))
        guard start.starts(with: [0x50, 0x4B, 0x03, 0x04]) else {
            throw TorchFileAdvice.notAnArchive(start)
        }
        let directory = try ZipDirectory(file)
        // All names begin with one folder, named after the file as it was saved.
        let names = Set(directory.entries.map { Self.withoutFolder($0.name) })
        if names.contains("constants.pkl"), names.contains("data.pkl") {
            self = .script
        } else if names.contains(where: { $0.hasPrefix("data/aotinductor/") }) {
            guard names.contains(where: { $0.hasPrefix("data/aotinductor/model/") }) else {
                throw ServingError(
                    .modelInvalid, "the compiled package holds no model of the name 'model'")
            }
            self = .package
        } else {
            throw try Self.advice(directory, names, file)
        }
    }

    private static func advice(_ directory: ZipDirectory, _ names: Set<String>, _ file: FileBytes)
        throws(ServingError) -> ServingError
    {
        if names.contains("models/model.json") || names.contains("serialized_exported_program.json")
        {
            return TorchFileAdvice.exportedProgram
        }
        if let entry = directory.entries.first(where: { withoutFolder($0.name) == "data.pkl" }) {
            return TorchFileAdvice.pickle(
                try directory.prefix(of: entry, count: 256, in: file))
        }
        if names.contains(".data/python_version") || names.contains(".data/extern_modules") {
            return TorchFileAdvice.torchPackage
        }
        return ServingError(
            .modelInvalid,
            "it is a zip archive, but not of PyTorch: it has no data.pkl and no compiled model")
    }

    private static func withoutFolder(_ name: String) -> String {
        guard let slash = name.firstIndex(of: "/") else { return name }
        return String(name[name.index(after: slash)...])
    }
}
