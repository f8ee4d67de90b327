import Glibc
import ServingCore

/// The names in a zip archive, read from its directory alone; nothing is unpacked.
///
/// Layout: APPNOTE.TXT of PKWARE, 4.3.12 (directory), 4.3.14 to 4.3.16 (its end, also in zip64).
struct ZipDirectory {
    /// One file in the archive.
    struct Entry {
        /// The path in the archive.
        let name: String
        /// Whether its bytes lie in the archive as they are.
        let isStored: Bool
        /// Bytes of it in the archive.
        let byteCount: Int
        /// Where its local header is.
        let offset: Int
    }

    /// The files, in the directory's order.
    let entries: [Entry]

    /// A directory of more bytes is not read.
    private static let directoryBytesMaximum = 64 << 20
    /// Bytes of the end record, and of the longest comment behind it.
    private static let endBytes = 22
    private static let commentBytesMaximum = 65_535

    /// Reads the directory of an archive.
    ///
    /// - Throws: `model_invalid` for a file that is cut short or not an archive.
    init(_ file: FileBytes) throws(ServingError) {
        let (offset, count) = try Self.place(file)
        guard count <= Self.directoryBytesMaximum else {
            throw Self.corrupt("its directory has \(count) bytes")
        }
        entries = try Self.entries(file.read(at: offset, count: count))
    }

    /// Where the directory lies.
    private static func place(_ file: FileBytes) throws(ServingError) -> (offset: Int, count: Int) {
        let tailCount = min(file.count, endBytes + commentBytesMaximum)
        let tailStart = file.count - tailCount
        let tail = LittleEndian(try file.read(at: tailStart, count: tailCount))
        var at = tailCount - endBytes
        while at >= 0, tail.integer(at, 4) != 0x0605_4B50 { at -= 1 }
        guard at >= 0, let count32 = tail.integer(at + 12, 4), let offset32 = tail.integer(at + 16, 4)
        else { throw corrupt("the directory at its end is missing: it is cut short") }
        var (offset, count) = (offset32, count32)
        if offset == 0xFFFF_FFFF || count == 0xFFFF_FFFF || tail.integer(at + 10, 2) == 0xFFFF {
            // The zip64 locator stands right before the end record.
            let locator = LittleEndian(try file.read(at: tailStart + at - 20, count: 20))
            guard locator.integer(0, 4) == 0x0706_4B50, let end = locator.integer(8, 8) else {
                throw corrupt("its directory cannot be found")
            }
            let record = LittleEndian(try file.read(at: end, count: 56))
            guard record.integer(0, 4) == 0x0606_4B50, let count64 = record.integer(40, 8),
                let offset64 = record.integer(48, 8)
            else { throw corrupt("its directory cannot be found") }
            (offset, count) = (offset64, count64)
        }
        guard offset <= file.count, count <= file.count - offset else {
            throw corrupt("its directory points beyond its end")
        }
        return (offset, count)
    }

    private static func entries(_ bytes: [UInt8]) throws(ServingError) -> [Entry] {
        let directory = LittleEndian(bytes)
        var entries: [Entry] = []
        var at = 0
        while at < bytes.count {
            guard directory.integer(at, 4) == 0x0201_4B50,
                let method = directory.integer(at + 10, 2),
                let byteCount = directory.integer(at + 20, 4),
                let nameCount = directory.integer(at + 28, 2),
                let extraCount = directory.integer(at + 30, 2),
                let commentCount = directory.integer(at + 32, 2),
                let offset = directory.integer(at + 42, 4), at + 46 + nameCount <= bytes.count
            else { throw corrupt("entry \(entries.count) of its directory is broken") }
            let name = String(decoding: bytes[(at + 46)..<(at + 46 + nameCount)], as: UTF8.self)
            entries.append(
                Entry(name: name, isStored: method == 0, byteCount: byteCount, offset: offset))
            at += 46 + nameCount + extraCount + commentCount
        }
        return entries
    }

    /// The first bytes of an entry; fewer when it is shorter, none when it is compressed.
    ///
    /// - Throws: `model_invalid` when the archive ends before.
    func prefix(of entry: Entry, count: Int, in file: FileBytes) throws(ServingError) -> [UInt8] {
        guard entry.isStored else { return [] }
        let header = LittleEndian(try file.read(at: entry.offset, count: 30))
        guard header.integer(0, 4) == 0x0403_4B50, let nameCount = header.integer(26, 2),
            let extraCount = header.integer(28, 2)
        else { throw Self.corrupt("'\(entry.name.clipped())' has no header") }
        return try file.read(
            at: entry.offset + 30 + nameCount + extraCount, count: min(count, entry.byteCount))
    }

    private static func corrupt(_ reason: String) -> ServingError {
        ServingError(.modelInvalid, "it is a zip archive, but \(reason); copy the file again")
    }
}

/// Numbers in a list of bytes, the lowest byte first.
private struct LittleEndian {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The number of so many bytes at an offset; nil when it lies beyond the list or is too large.
    func integer(_ offset: Int, _ count: Int) -> Int? {
        guard offset >= 0, count <= bytes.count - offset else { return nil }
        var value: UInt64 = 0
        for index in (0..<count).reversed() { value = value << 8 | UInt64(bytes[offset + index]) }
        return Int(exactly: value)
    }
}
