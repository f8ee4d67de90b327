import Glibc

/// Functions of the C library that Swift's `Glibc` module does not show, looked up at run time.
///
/// A C library without one of them (musl has no `malloc_trim`) makes the call do nothing.
enum LibraryCall {
    private typealias MallocTrim = @convention(c) (Int) -> Int32
    private typealias SetThreadName = @convention(c) (pthread_t, UnsafePointer<CChar>) -> Int32

    private static let mallocTrim = dlsym(nil, "malloc_trim").map {
        unsafeBitCast($0, to: MallocTrim.self)
    }
    private static let setThreadName = dlsym(nil, "pthread_setname_np").map {
        unsafeBitCast($0, to: SetThreadName.self)
    }

    /// Gives the pages that `free` has kept back to the system.
    static func trimHeap() {
        _ = mallocTrim?(0)
    }

    /// Names the calling thread for debuggers and `top -H`; cut to the 15 bytes that Linux keeps.
    static func nameCurrentThread(_ name: String) {
        _ = setThreadName?(pthread_self(), name.clippedToBytes(15))
    }
}

extension String {
    fileprivate func clippedToBytes(_ count: Int) -> String {
        String(decoding: utf8.prefix(count), as: UTF8.self)
    }
}
