import Glibc
import EngineInterface
import ServingCore

/// The forms of model files, told apart by their first bytes.
enum TreeFormat: Hashable, Sendable {
    case xgboostJSON
    case xgboostUBJSON
    case xgboostBinary
    case lightgbm

    /// Bytes that suffice to tell.
    static let beginningBytes = 512

    /// Looks at the beginning of a file; nil for anything else.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let start = bytes.prefix(Self.beginningBytes)
        if Self.isLightGBM(start) {
            self = .lightgbm
        } else if let key = Self.firstKey(start) {
            guard ["learner", "version", "Model"].contains(key.text) else { return nil }
            self = key.isBinary ? .xgboostUBJSON : .xgboostJSON
        } else if Self.isXGBoostBinary(start) {
            self = .xgboostBinary
        } else {
            return nil
        }
    }

    /// The framework as people call it.
    var framework: String { self == .lightgbm ? "LightGBM" : "XGBoost" }

    /// The file begins with a line `tree`, and the next tells a version.
    private static func isLightGBM(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        let text = bytes.prefix(64).filter { $0 != 0x0D }
        return text.starts(with: Array("tree\nversion=".utf8))
    }

    /// The first key of an object in JSON or UBJSON.
    private static func firstKey(
        _ bytes: Slice<UnsafeRawBufferPointer>
    ) -> (text: String, isBinary: Bool)? {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        var rest = bytes.drop(while: isSpace)
        guard rest.first == UInt8(ascii: "{") else { return nil }
        rest = rest.dropFirst().drop(while: isSpace)
        if rest.first == UInt8(ascii: "\"") {
            let key = rest.dropFirst().prefix { $0 != UInt8(ascii: "\"") }
            return (String(decoding: key, as: UTF8.self), false)
        }
        // UBJSON: the key's length with the marker of its type, then the key.
        let widths: [UInt8: Int] = [0x69: 1, 0x55: 1, 0x49: 2, 0x6C: 4, 0x4C: 8]
        guard let marker = rest.first, let width = widths[marker] else { return nil }
        rest = rest.dropFirst()
        let count = rest.prefix(width).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard count <= 16 else { return nil }
        let key = rest.dropFirst(width).prefix(Int(count))
        return (String(decoding: key, as: UTF8.self), true)
    }

    /// `binf`, or a learner's structure followed by the name of an objective.
    private static func isXGBoostBinary(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        if bytes.starts(with: XGBoostBinary.magic) { return true }
        let rest = bytes.dropFirst(136)
        guard rest.count > 16 else { return false }
        let count = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard (4...32).contains(count) else { return false }
        let name = String(decoding: rest.dropFirst(8).prefix(Int(count)), as: UTF8.self)
        return ["reg:", "binary:", "multi:", "count:", "rank:", "survival:"]
            .contains { name.hasPrefix($0) }
    }

    /// The first printable characters, for errors.
    static func beginning(of bytes: UnsafeRawBufferPointer) -> String {
        String(
            decoding: bytes.prefix(24).map { (0x20..<0x7F).contains($0) ? $0 : 0x2E },
            as: UTF8.self)
    }

    /// Looks at the beginning of a file on disk; nil when it cannot be read, too.
    static func ofFile(_ path: String) -> TreeFormat? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: beginningBytes, alignment: 1) { room in
            let count = read(descriptor, room.baseAddress, beginningBytes)
            guard count > 0 else { return nil }
            return TreeFormat(UnsafeRawBufferPointer(rebasing: room[..<count]))
        }
    }
}
