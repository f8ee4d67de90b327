import EngineInterface
import ServingCore

/// Which files of a version directory make up the model.
struct MXNetFiles: Sendable {
    /// The network: `digits-symbol.json`.
    let symbol: String
    /// Its weights: `digits-0012.params`; nil where there are none.
    let parameters: String?
    /// What both names start with.
    let stem: String

    /// The entry claimed for a directory with several networks: to load it fails with their names.
    static let ambiguousEntry = "*-symbol.json"
    private static let symbolSuffix = "-symbol.json"
    private static let parameterSuffix = ".params"

    /// What a version directory is claimed for; nil when it has no MXNet files.
    static func entry(in files: ModelFiles) -> String? {
        let symbols = files.files(endingWith: symbolSuffix)
        if symbols.count == 1 { return symbols[0].name }
        if symbols.count > 1 { return ambiguousEntry }
        // Weights alone: claimed, so that loading says what is missing and how to write it.
        return files.files(endingWith: parameterSuffix).first?.name
    }

    /// Chooses the weights: of the epoch asked for, else of the highest.
    ///
    /// - Throws: `model_invalid` that says what is missing or ambiguous.
    init(_ source: ModelSource, epoch: Int?) throws(ServingError) {
        symbol = try Self.symbol(of: source)
        let stem = String(symbol.dropLast(Self.symbolSuffix.count))
        self.stem = stem
        let found = source.files.files(endingWith: Self.parameterSuffix).compactMap { entry in
            Self.epoch(of: entry.name, stem: stem).map { (epoch: $0, name: entry.name) }
        }
        if let epoch {
            guard let chosen = found.first(where: { $0.epoch == epoch }) else {
                let known = found.map { String($0.epoch) }.joined(separator: ", ")
                throw ServingError(
                    .modelInvalid,
                    "\(source.files.directory) has no \(Self.fileName(stem, epoch)) (option "
                        + "'epoch'); epochs there: \(known.isEmpty ? "none" : known)")
            }
            parameters = chosen.name
        } else {
            parameters = found.max { $0.epoch < $1.epoch }?.name
        }
    }

    /// The error for a network that needs weights and has none.
    func missing(in directory: String, _ names: [String]) -> ServingError {
        ServingError(
            .modelInvalid,
            "\(directory) has \(symbol) but no \(stem)-NNNN.params with its weights "
                + "(\(names.prefix(3).joined(separator: ", "))\(names.count > 3 ? ", ..." : "")); "
                + "put the file that net.export or save_checkpoint wrote beside it")
    }

    private static func symbol(of source: ModelSource) throws(ServingError) -> String {
        let entry = source.entry
        if entry.hasSuffix(symbolSuffix), source.files.entry(entry)?.isDirectory == false {
            return entry
        }
        let directory = source.files.directory
        let symbols = source.files.files(endingWith: symbolSuffix).map(\.name)
        if symbols.count > 1 {
            throw ServingError(
                .modelInvalid,
                "\(directory) holds \(symbols.joined(separator: ", ").clipped()); leave only the "
                    + "model that is to be served")
        }
        guard let only = symbols.first else {
            throw ServingError(
                .modelInvalid,
                "\(directory) has \(entry.clipped()) but no *-symbol.json: weights without their "
                    + "network. Write both with net.hybridize(), one call of net, and "
                    + "net.export('model') (Gluon), or module.save_checkpoint('model', 0)")
        }
        return only
    }

    /// The epoch in `<stem>-<digits>.params`; nil for other names.
    private static func epoch(of name: String, stem: String) -> Int? {
        guard name.hasPrefix(stem + "-") else { return nil }
        let digits = name.dropFirst(stem.count + 1).dropLast(parameterSuffix.count)
        guard (4...9).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        return Int(digits)
    }

    private static func fileName(_ stem: String, _ epoch: Int) -> String {
        let digits = String(epoch)
        return stem + "-" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
            + parameterSuffix
    }
}
