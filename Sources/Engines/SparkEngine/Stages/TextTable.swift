/// Texts by number, and numbers by text, without an allocation to look one up.
///
/// `@unchecked Sendable`: everything is written before the initialiser returns and never after.
final class TextTable: @unchecked Sendable {
    /// How many texts there are.
    let count: Int
    private let bytes: UnsafeMutableRawBufferPointer
    private let starts: [Int]
    /// Numbers by hash, -1 where nothing is; twice as many as texts or more.
    private let buckets: [Int32]

    init(_ texts: [String]) {
        let utf8 = texts.map { Array($0.utf8) }
        var starts = [0]
        for text in utf8 { starts.append(starts[starts.count - 1] + text.count) }
        bytes = .allocate(byteCount: max(starts[utf8.count], 1), alignment: 1)
        for (index, text) in utf8.enumerated() {
            UnsafeMutableRawBufferPointer(rebasing: bytes[starts[index]..<starts[index + 1]])
                .copyBytes(from: text)
        }
        var size = 4
        while size < texts.count * 2 { size *= 2 }
        var buckets = [Int32](repeating: -1, count: size)
        for (index, text) in utf8.enumerated() {
            var place = text.withUnsafeBytes { Self.hash($0) } & (size - 1)
            while buckets[place] >= 0 {
                // Of equal texts the first counts.
                if utf8[Int(buckets[place])] == text { break }
                place = (place + 1) & (size - 1)
            }
            if buckets[place] < 0 { buckets[place] = Int32(index) }
        }
        count = texts.count
        self.starts = starts
        self.buckets = buckets
    }

    deinit { bytes.deallocate() }

    /// The number of a text; nil when it is not there.
    func find(_ text: UnsafeRawBufferPointer) -> Int? {
        let mask = buckets.count - 1
        var place = Self.hash(text) & mask
        while buckets[place] >= 0 {
            let index = Int(buckets[place])
            let known = bytes[starts[index]..<starts[index + 1]]
            if known.count == text.count, known.elementsEqual(text) { return index }
            place = (place + 1) & mask
        }
        return nil
    }

    /// The text of a number; valid while this object is.
    func span(_ index: Int) -> TextSpan {
        TextSpan(
            start: bytes.baseAddress.map { UnsafeRawPointer($0) + starts[index] },
            count: starts[index + 1] - starts[index])
    }

    /// The texts that are numbers, as numbers: Spark compares a number with labels as text.
    func numbers() -> [Double: Int] {
        var numbers: [Double: Int] = [:]
        for index in 0..<count {
            let text = String(decoding: span(index).bytes, as: UTF8.self)
            if let number = Double(text), numbers[number] == nil { numbers[number] = index }
        }
        return numbers
    }

    /// FNV-1a over the bytes, with its upper half folded in.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ hash >> 32)
    }

}
