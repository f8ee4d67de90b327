public import EngineInterface
public import ServingCore

/// Finds the engine for a version directory: the one that is named, or the only one that claims it.
public enum EngineChoice {
    /// Chooses.
    ///
    /// - Throws: `configuration_invalid` for an engine that does not exist; `model_invalid` when no
    ///   engine, or more than one, recognises the files.
    public static func choose(
        _ engines: [any Engine], named name: String?, for files: ModelFiles
    ) throws(ServingError) -> (engine: any Engine, recognition: Recognition) {
        if let name {
            let engine = try named(name, among: engines)
            guard let recognition = engine.recognise(files) else {
                throw ServingError(
                    .modelInvalid,
                    "engine \(name) finds nothing that it can load in \(files.directory), "
                        + "which holds \(seen(files)); it looks for \(engine.looksFor)")
            }
            return (engine, recognition)
        }
        let claims = claims(of: engines, to: files)
        guard let first = claims.first else {
            throw ServingError(
                .modelInvalid,
                "no engine recognises \(files.directory), which holds \(seen(files)); "
                    + engines.map { "\($0.name) looks for \($0.looksFor)" }.joined(separator: ", "))
        }
        guard claims.count == 1 else {
            let list = claims.map {
                "\($0.engine.name) ('\($0.recognition.entry)', \($0.recognition.framework))"
            }
            throw ServingError(
                .modelInvalid,
                "\(files.directory) can be loaded by \(list.joined(separator: " and by ")); "
                    + "write which one you mean, for example 'engine: \(first.engine.name)'")
        }
        return first
    }

    /// Every engine that recognises the files, with what it sees in them; a fallback only when no
    /// other engine does.
    public static func claims(of engines: [any Engine], to files: ModelFiles)
        -> [(engine: any Engine, recognition: Recognition)]
    {
        let all = engines.compactMap { engine in
            engine.recognise(files).map { (engine: engine, recognition: $0) }
        }
        let firm = all.filter { !$0.recognition.isFallback }
        return firm.isEmpty ? all : firm
    }

    /// The engine of that name.
    ///
    /// - Throws: `configuration_invalid` with the nearest known name.
    public static func named(_ name: String, among engines: [any Engine]) throws(ServingError)
        -> any Engine
    {
        guard let engine = engines.first(where: { $0.name == name }) else {
            throw ServingError(
                .configurationInvalid,
                "there is no engine '\(name.clipped())'"
                    + NearestName.hint(for: name, among: engines.map(\.name))
                    + " (engines: \(names(engines)))")
        }
        return engine
    }

    private static func names(_ engines: [any Engine]) -> String {
        engines.map(\.name).joined(separator: ", ")
    }

    private static func seen(_ files: ModelFiles) -> String {
        guard !files.entries.isEmpty else { return "no files" }
        let shown = files.entries.prefix(8).map { entry in
            "'\(entry.name.clipped(to: 80))'" + (entry.isDirectory ? "/" : "")
        }
        let rest = files.entries.count - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }
}
