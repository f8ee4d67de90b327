/// What a base path of TensorFlow Serving's comes to here.
enum LocalPath: Equatable {
    /// An absolute path.
    case path(String)
    /// A path that starts nowhere in particular.
    case relative
    /// A place that is no directory of this machine, by its scheme: `gs`.
    case scheme(String)

    /// Reads `/models/m` and `file:///models/m`.
    static func read(_ text: String) -> LocalPath {
        if text.hasPrefix("/") { return .path(FilePath.absolute(text, in: "/")) }
        guard let scheme = ValueForm<String>.scheme(of: text) else { return .relative }
        guard scheme == "file", text.hasPrefix("file:///") else { return .scheme(String(scheme)) }
        return .path(FilePath.absolute(String(text.dropFirst("file://".count)), in: "/"))
    }
}
