import Glibc

/// What tells one state of a file from another without reading it.
struct FileFingerprint: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
    var byteCount: Int64
    var modifiedNanoseconds: Int64

    init(device: UInt64, inode: UInt64, byteCount: Int64, modifiedNanoseconds: Int64) {
        self.device = device
        self.inode = inode
        self.byteCount = byteCount
        self.modifiedNanoseconds = modifiedNanoseconds
    }

    /// Looks at a file, through links; nil when there is none.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        byteCount = Int64(status.st_size)
        modifiedNanoseconds =
            Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    }
}

/// Decides when a watched file is to be read again: after it changed, once it has stopped changing.
struct ConfigurationWatch {
    /// What to do after a look at the file.
    enum OnLook: Equatable {
        case nothing
        case read
        /// The file is gone; said once.
        case reportMissing
    }

    private var known: FileFingerprint?
    private var candidate: FileFingerprint?
    private var isMissing = false

    /// Somebody looked at the file and saw this; nil when it was not there.
    mutating func looked(_ seen: FileFingerprint?) -> OnLook {
        guard let seen else {
            candidate = nil
            defer { isMissing = true }
            return isMissing ? .nothing : .reportMissing
        }
        isMissing = false
        if seen == known {
            candidate = nil
            return .nothing
        }
        // A file that still changes may be half written: it has to look the same twice.
        guard seen == candidate else {
            candidate = seen
            return .nothing
        }
        known = seen
        candidate = nil
        return .read
    }
}
