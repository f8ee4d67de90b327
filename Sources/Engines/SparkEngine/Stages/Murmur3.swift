/// MurmurHash3 of 32 bits, with which Spark's HashingTF finds a word's place (seed 42).
enum Murmur3 {
    static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 42) -> Int32 {
        var hash = seed
        let aligned = bytes.count & ~3
        for offset in stride(from: 0, to: aligned, by: 4) {
            let word = UInt32(
                littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            hash = mix(hash, scramble(word))
        }
        var tail: UInt32 = 0
        for offset in aligned..<bytes.count {
            tail |= UInt32(bytes[offset]) << UInt32(8 * (offset - aligned))
        }
        if aligned < bytes.count { hash ^= scramble(tail) }
        hash ^= UInt32(truncatingIfNeeded: bytes.count)
        hash = (hash ^ hash >> 16) &* 0x85EB_CA6B
        hash = (hash ^ hash >> 13) &* 0xC2B2_AE35
        return Int32(bitPattern: hash ^ hash >> 16)
    }

    private static func scramble(_ word: UInt32) -> UInt32 {
        rotate(word &* 0xCC9E_2D51, 15) &* 0x1B87_3593
    }

    private static func mix(_ hash: UInt32, _ word: UInt32) -> UInt32 {
        rotate(hash ^ word, 13) &* 5 &+ 0xE654_6B64
    }

    private static func rotate(_ word: UInt32, _ bits: UInt32) -> UInt32 {
        word << bits | word >> (32 - bits)
    }
}
