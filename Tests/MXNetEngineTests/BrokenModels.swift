import EngineInterface
import ServingCore

/// Model directories that do not load, each wrong in one way; removed with this object.
final class BrokenModels {
    private(set) var sources: [(source: ModelSource, code: ErrorCode, word: String)] = []
    private var directories: [TemporaryDirectory] = []

    private static let mlp = ["gluon_mlp/digits-symbol.json", "gluon_mlp/digits-0000.params"]

    init() throws {
        let weights = try Fixture.bytes(Self.mlp[1])
        let symbol = String(decoding: try Fixture.bytes(Self.mlp[0]), as: UTF8.self)
        try add("no digits-NNNN.params") { try $0.write("digits-symbol.json", symbol) }
        try add("no *-symbol.json", code: .modelInvalid) {
            try $0.write("digits-0000.params", weights)
        }
        try add("cut short", changed: Array(weights.dropLast(200)))
        try add("cut short", changed: Array(weights.prefix(40)))
        try add("does not start", changed: Array("<html>no weights</html>".utf8))
        try add("mark of a list", changed: [])
        try add("no operator Frobnicate", text: symbol, "\"Activation\"", "\"Frobnicate\"")
        try add("num_hidden 25", text: symbol, "\"num_hidden\": \"24\"", "\"num_hidden\": \"25\"")
        try add("of the kind null", text: symbol, "\"op\": \"null\"", "\"op\": null'")
        try add("does not come before it", text: symbol, "[[0, 0, 0]", "[[9, 0, 0]")
        try add("no weights 'digits_dense9_weight'", text: symbol, "dense0_weight", "dense9_weight")
        try add("several", code: .modelInvalid, word: "leave only") {
            try $0.write("a-symbol.json", symbol)
            try $0.write("b-symbol.json", symbol)
        }
        try add("save_parameters", code: .modelInvalid, word: "neither arg: nor aux:") {
            try $0.write("digits-symbol.json", symbol)
            try $0.write("digits-0000.params", Fixture.bytes("unexported/digits.params"))
        }
    }

    private func add(_ word: String, changed weights: [UInt8]) throws {
        try add(word) {
            try $0.write("digits-symbol.json", Fixture.bytes(Self.mlp[0]))
            try $0.write("digits-0000.params", weights)
        }
    }

    private func add(_ word: String, text: String, _ old: String, _ new: String) throws {
        let changed = text.replacingFirst(old, with: new)
        try add(word) {
            try $0.write("digits-symbol.json", changed)
            try $0.write("digits-0000.params", Fixture.bytes(Self.mlp[1]))
        }
    }

    private func add(
        _ what: String, code: ErrorCode = .modelInvalid, word: String? = nil,
        _ fill: (TemporaryDirectory) throws -> Void
    ) throws {
        let directory = try TemporaryDirectory()
        try fill(directory)
        directories.append(directory)
        sources.append((try Fixture.source(directory: directory.path), code, word ?? what))
    }
}

extension String {
    /// The text with the first `old` in it replaced; the same when there is none.
    func replacingFirst(_ old: String, with new: String) -> String {
        guard let range = firstRange(of: old) else { return self }
        return replacingCharacters(range, new)
    }

    private func replacingCharacters(_ range: Range<Index>, _ new: String) -> String {
        var copy = self
        copy.replaceSubrange(range, with: new)
        return copy
    }
}
