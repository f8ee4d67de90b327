import ServingCore

/// Reads XGBoost's old binary models, which `save_model` wrote until version 3.0 for every name that
/// ends neither in `.json` nor in `.ubj`.
///
/// The form is C structures, little-endian, as in XGBoost 2.1's `learner.cc`, `gbtree_model.cc` and
/// `tree_model.cc`: 136 bytes of learner, two strings, 160 bytes of booster, then each tree with 148
/// bytes of parameters, 20 a node and 16 of statistics a node.
struct XGBoostBinary {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// The four letters before the model, which version 0.4 began to write.
    static let magic = Array("binf".utf8)

    private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Reads a whole model.
    ///
    /// - Throws: `model_invalid`, with the byte where reading stopped.
    static func read(
        _ bytes: UnsafeRawBufferPointer, _ wanted: ForestBuilder<Float>.Wanted
    ) throws(ServingError) -> XGBoostFile {
        var binary = XGBoostBinary(bytes)
        var file = XGBoostFile(wanted)
        file.form = "binary"
        if bytes.starts(with: magic) { binary.position = magic.count }
        try binary.readLearner(into: &file)
        return file
    }

    private mutating func readLearner(into file: inout XGBoostFile) throws(ServingError) {
        let start = try skip(136)
        file.baseScores = [Float(bitPattern: UInt32(bitPattern: integer(at: start)))]
        file.featureCount = Int(integer(at: start + 4))
        file.classCount = Int(integer(at: start + 8))
        let hasAttributes = integer(at: start + 12) != 0
        file.version = [Int(integer(at: start + 20)), Int(integer(at: start + 24))]
        file.targetCount = max(Int(integer(at: start + 28)), 1)
        file.isBaseScoreMargin = file.version[0] < 1
        file.objective = try readText()
        file.booster = try readText()
        switch file.booster {
        case "gbtree", "dart": try readTrees(into: &file)
        case "gblinear":
            _ = try skip(136)
            file.linearWeights = try readFloats()
        default:
            throw failure("the booster '\(file.booster.clipped(to: 64))'")
        }
        if hasAttributes { try readAttributes(into: &file) }
    }

    private mutating func readTrees(into file: inout XGBoostFile) throws(ServingError) {
        let start = try skip(160)
        let count = Int(integer(at: start))
        file.parallelTrees = max(Int(integer(at: start + 4)), 1)
        guard count >= 0 else { throw failure("\(count) trees") }
        for number in 0..<count {
            do throws(ServingError) {
                try readTree(into: &file)
            } catch {
                throw error.inContext("tree \(number)")
            }
        }
        let groups = try skip(count, of: 4)
        file.treeGroups = (0..<count).map { integer(at: groups + 4 * $0) }
        if file.booster == "dart", count > 0 { file.treeWeights = try readFloats() }
    }

    private mutating func readTree(into file: inout XGBoostFile) throws(ServingError) {
        let start = try skip(148)
        let count = Int(integer(at: start + 4))
        let leafWidth = Int(integer(at: start + 20))
        guard leafWidth == 0 || (leafWidth == 1 && file.version[0] >= 1) else {
            throw failure("leaves of \(leafWidth) values, which is not supported,")
        }
        guard count > 0 else { throw failure("\(count) nodes") }
        let nodes = try skip(count, of: 20)
        let statistics = try skip(count, of: 16)
        var table = TreeTable<Float>(nodes: [])
        table.nodes.reserveCapacity(count)
        for index in 0..<count {
            let place = nodes + 20 * index
            let split = UInt32(bitPattern: integer(at: place + 12))
            var node = TreeTable<Float>.Node(kind: .leaf)
            node.value = float(at: place + 16)
            node.identifier = Int32(truncatingIfNeeded: index)
            node.cover = float(at: statistics + 16 * index + 4)
            node.left = integer(at: place + 4)
            node.right = integer(at: place + 8)
            if node.left != -1 {
                node.kind = .below
                node.feature = Int32(bitPattern: split & 0x7FFF_FFFF)
                node.missingGoesLeft = split >> 31 == 1
            }
            table.nodes.append(node)
        }
        try file.builder.add(table)
    }

    private mutating func readAttributes(into file: inout XGBoostFile) throws(ServingError) {
        let count = try readCount()
        for _ in 0..<count {
            let name = try readText()
            file.attributes[name] = try readText()
        }
    }

    private func failure(_ words: String) -> ServingError {
        ServingError(.modelInvalid, "\(words) at byte \(position) of \(bytes.count)")
    }

    /// Moves behind so many elements; returns where they begin.
    private mutating func skip(_ count: Int, of size: Int = 1) throws(ServingError) -> Int {
        let (total, overflow) = count.multipliedReportingOverflow(by: size)
        guard count >= 0, !overflow, total <= bytes.count - position else {
            throw failure("the file ends early")
        }
        defer { position += total }
        return position
    }

    /// The integer at a place that was skipped.
    private func integer(at place: Int) -> Int32 {
        Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Int32.self))
    }

    private func float(at place: Int) -> Float {
        Float(bitPattern: UInt32(bitPattern: integer(at: place)))
    }

    /// Reads a count of things that take a byte at least.
    private mutating func readCount() throws(ServingError) -> Int {
        let place = try skip(8)
        let count = UInt64(
            littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        guard count <= UInt64(bytes.count - position) else {
            throw failure("a count of \(count)")
        }
        return Int(count)
    }

    private mutating func readText() throws(ServingError) -> String {
        let count = try readCount()
        let place = try skip(count)
        guard let text = String(validating: bytes[place..<place + count], as: UTF8.self) else {
            throw failure("a text that is not UTF-8")
        }
        return text
    }

    private mutating func readFloats() throws(ServingError) -> [Float] {
        let count = try readCount()
        let place = try skip(count, of: 4)
        return (0..<count).map { float(at: place + 4 * $0) }
    }
}
