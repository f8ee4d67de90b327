import Glibc

extension ServeCommand.Source {
    /// What a command line asks for: its file, its `NAME=DIRECTORY` arguments, or else `slipway.yaml`
    /// in the working directory; nil when there is none of these.
    public static func choose(file: String?, models: [String]) -> ServeCommand.Source? {
        choose(file: file, models: models) { access($0, F_OK) == 0 }
    }

    static func choose(
        file: String?, models: [String], exists: (_ path: String) -> Bool
    ) -> ServeCommand.Source? {
        if let file { return .file(path: file) }
        if !models.isEmpty { return .arguments(models) }
        return exists(Configuration.usualFileName) ? .file(path: Configuration.usualFileName) : nil
    }
}
