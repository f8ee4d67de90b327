import Glibc

/// Texts as C has them, for the library to read; they live as long as this object.
///
/// `@unchecked Sendable`: written before the initialiser returns and never after.
final class CStrings: @unchecked Sendable {
    /// The pointers, one after another; at least one, so that the address is real.
    let start: UnsafeMutablePointer<UnsafePointer<CChar>?>
    let count: Int

    /// Copies the texts, none of which holds a zero byte.
    init(_ texts: [String]) {
        count = texts.count
        start = .allocate(capacity: max(1, count))
        start.initialize(repeating: nil, count: max(1, count))
        for (index, text) in texts.enumerated() { start[index] = UnsafePointer(strdup(text)) }
    }

    deinit {
        for index in 0..<count { Glibc.free(UnsafeMutablePointer(mutating: start[index])) }
        start.deallocate()
    }

    /// The text at a place; memory ran out when there is none.
    subscript(index: Int) -> UnsafePointer<CChar>? { start[index] }
}
