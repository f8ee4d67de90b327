import ServingCore

/// Reads PGM and PPM, plain (P2, P3) and raw (P5, P6), with up to 16 bits a sample.
struct NetpbmReader {
    private let bytes: [UInt8]
    private var index = 2

    static func picture(_ bytes: [UInt8]) throws(ServingError) -> Picture {
        var reader = NetpbmReader(bytes: bytes)
        return try reader.picture()
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func picture() throws(ServingError) -> Picture {
        let kind = bytes[1]
        guard [0x32, 0x33, 0x35, 0x36].contains(kind) else {
            throw ServingError(
                .unsupported, "PBM bitmaps are not read; convert the picture to PGM or PNG")
        }
        let channels = kind == 0x33 || kind == 0x36 ? 3 : 1
        let width = try number("the width")
        let height = try number("the height")
        let maximum = try number("the largest value")
        guard (1...65_535).contains(maximum) else {
            throw ServingError(
                .invalidRequest, "the picture's largest value is \(maximum), not 1 to 65535")
        }
        let count = try Picture.sampleCount(width: width, height: height, channels: channels)
        let samples =
            kind <= 0x33 ? try plain(count, maximum) : try raw(count, maximum)
        return Picture(
            width: width, height: height, channels: channels, maximum: maximum, samples: samples)
    }

    /// A decimal number after white space and comments.
    private mutating func number(_ what: String) throws(ServingError) -> Int {
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "#") {
                while index < bytes.count, bytes[index] != 0x0A { index += 1 }
            } else if !isSpace(bytes[index]) {
                break
            }
            index += 1
        }
        var value = 0
        let start = index
        while index < bytes.count, (0x30...0x39).contains(bytes[index]), value < 1 << 40 {
            value = value * 10 + Int(bytes[index] - 0x30)
            index += 1
        }
        guard index > start else {
            throw ServingError(
                .invalidRequest,
                index < bytes.count
                    ? "\(what) of the picture is no number" : "the picture is cut short at \(what)")
        }
        return value
    }

    private mutating func plain(_ count: Int, _ maximum: Int) throws(ServingError) -> [UInt16] {
        // Each sample takes two bytes at least, so a short file is refused before memory is taken.
        guard bytes.count - index >= count * 2 - 1 else { throw cut(count) }
        var samples: [UInt16] = []
        samples.reserveCapacity(count)
        for _ in 0..<count { samples.append(try sample(try number("a sample"), maximum)) }
        return samples
    }

    private mutating func raw(_ count: Int, _ maximum: Int) throws(ServingError) -> [UInt16] {
        guard index < bytes.count, isSpace(bytes[index]) else { throw cut(count) }
        index += 1
        let width = maximum > 255 ? 2 : 1
        guard bytes.count - index >= count * width else { throw cut(count) }
        var samples: [UInt16] = []
        samples.reserveCapacity(count)
        for position in 0..<count {
            let offset = index + position * width
            let value =
                width == 1
                ? Int(bytes[offset]) : Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
            samples.append(try sample(value, maximum))
        }
        return samples
    }

    private func sample(_ value: Int, _ maximum: Int) throws(ServingError) -> UInt16 {
        guard value <= maximum, let sample = UInt16(exactly: value) else {
            throw ServingError(
                .invalidRequest,
                "the picture has a sample of \(value), more than its largest value, \(maximum)")
        }
        return sample
    }

    private func cut(_ count: Int) -> ServingError {
        ServingError(.invalidRequest, "the picture is cut short: it should have \(count) samples")
    }

    private func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }
}
