/// A shared library that an engine needs: its file names and where an installed copy lies.
public struct LibrarySpecification: Hashable, Sendable {
    /// The engine's name, also its directory below `.deps`: `onnxruntime`.
    public let engine: String
    /// The version that the install command brings: `1.31.1`.
    public let version: String
    /// File names to look for in a directory, the preferred one first.
    public let fileNames: [String]
    /// What to run to install it, from the directory of the program's sources.
    public let installCommand: String

    /// Describes a library.
    public init(engine: String, version: String, fileNames: [String], installCommand: String) {
        self.engine = engine
        self.version = version
        self.fileNames = fileNames
        self.installCommand = installCommand
    }
}
