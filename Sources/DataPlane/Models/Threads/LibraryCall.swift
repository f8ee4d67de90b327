import Glibc

/// A function of glibc that Swift's `Glibc` module does not show, looked up at run time.
///
/// A C library without it (musl) makes the call do nothing.
enum LibraryCall {
    private typealias MallocTrim = @convention(c) (Int) -> Int32

    private static let mallocTrim = dlsym(nil, "malloc_trim").map {
        unsafeBitCast($0, to: MallocTrim.self)
    }

    /// Gives the pages that `free` has kept back to the system.
    static func trimHeap() {
        _ = mallocTrim?(0)
    }
}
