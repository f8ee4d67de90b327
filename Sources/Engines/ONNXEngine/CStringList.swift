import Glibc

/// C strings that stay at their addresses as long as this object lives.
///
/// `@unchecked Sendable`: nothing is written after the initialiser.
final class CStringList: @unchecked Sendable {
    private let strings: UnsafeMutablePointer<UnsafePointer<CChar>?>
    private let count: Int

    /// Copies the texts.
    init(_ texts: [String]) {
        count = texts.count
        strings = .allocate(capacity: max(1, texts.count))
        for (index, text) in texts.enumerated() {
            strings.advanced(by: index).initialize(to: UnsafePointer(strdup(text)))
        }
    }

    deinit {
        for index in 0..<count { free(UnsafeMutablePointer(mutating: strings[index])) }
        strings.deallocate()
    }

    /// All of them, as C functions take them.
    var start: UnsafePointer<UnsafePointer<CChar>?> { UnsafePointer(strings) }

    /// One of them.
    subscript(index: Int) -> UnsafePointer<CChar>? { strings[index] }
}
