import ServingCore
import Testing

@testable import Slipway

/// Pictures that InputsFixtures.py made by formulas, through every reader.
struct InputsPictureTests {
    static let (width, height) = (13, 9)
    static let formulas: [@Sendable (Int, Int) -> Int] = [
        { ($0 * 37 + $1 * 11) % 256 }, { ($0 * 5 + $1 * 53) % 256 }, { ($0 * $1 * 7) % 256 },
    ]

    /// Samples of the formulas numbered `channels`.
    private static func samples(_ channels: [Int], _ fit: (Int) -> Int = { $0 }) -> [UInt16] {
        var samples: [UInt16] = []
        for y in 0..<height {
            for x in 0..<width {
                for channel in channels { samples.append(UInt16(fit(formulas[channel](x, y)))) }
            }
        }
        return samples
    }

    private static func decode(_ name: String) throws -> Picture {
        try Picture.decode(try TestFiles.bytes("Pictures/" + name), libraryDirectories: [])
    }

    static let greyDepths: [(String, Int)] = [1, 2, 4, 8, 16].flatMap { depth in
        ["plain", "interlaced"].map { ($0, depth) }
    }

    @Test(arguments: greyDepths)
    func readsGreyOfEveryDepth(_ kind: String, _ depth: Int) throws {
        let picture = try Self.decode("\(kind)-grey\(depth).png")
        let expected = Self.samples([0]) { depth == 16 ? $0 * 257 : $0 >> (8 - depth) }
        #expect(
            picture
                == Picture(
                    width: 13, height: 9, channels: 1, maximum: 1 << depth - 1, samples: expected))
    }

    @Test(arguments: ["plain", "interlaced"], [8, 16])
    func readsColoursAndAlpha(_ kind: String, _ depth: Int) throws {
        for (name, channels) in [
            ("greyalpha", [0, 2]), ("rgb", [0, 1, 2]), ("rgba", [0, 1, 2, 1]),
        ] {
            let picture = try Self.decode("\(kind)-\(name)\(depth).png")
            #expect(picture.channels == channels.count)
            #expect(picture.maximum == 1 << depth - 1)
            #expect(picture.samples == Self.samples(channels) { depth == 16 ? $0 * 257 : $0 })
        }
    }

    @Test(arguments: ["plain", "interlaced"], [1, 2, 4, 8])
    func readsPalettes(_ kind: String, _ depth: Int) throws {
        let picture = try Self.decode("\(kind)-palette\(depth).png")
        let expected = Self.samples([0]) { $0 >> (8 - depth) }.flatMap {
            [$0, 255 - $0, $0 * 3 % 256]
        }
        #expect(
            picture
                == Picture(width: 13, height: 9, channels: 3, maximum: 255, samples: expected))
    }

    @Test(arguments: [
        ("pillow-grey8.png", [0]), ("pillow-rgb8.png", [0, 1, 2]),
        ("pillow-rgba8.png", [0, 1, 2, 1]), ("pillow-greyalpha8.png", [0, 2]), ("raw.pgm", [0]),
        ("raw.ppm", [0, 1, 2]), ("plain.pgm", [0]), ("plain.ppm", [0, 1, 2]),
    ])
    func readsWhatOtherProgramsWrite(_ name: String, _ channels: [Int]) throws {
        let picture = try Self.decode(name)
        #expect(
            picture
                == Picture(
                    width: 13, height: 9, channels: channels.count, maximum: 255,
                    samples: Self.samples(channels)))
    }

    @Test(arguments: ["pillow-grey16.png", "raw16.pgm"])
    func readsSixteenBits(_ name: String) throws {
        let picture = try Self.decode(name)
        #expect(picture.maximum == 65_535)
        #expect(picture.samples == Self.samples([0]) { $0 * 257 })
    }

    // MARK: Hostile files

    @Test(arguments: [
        "interlaced-rgba8.png", "plain-palette4.png", "plain.ppm", "raw16.pgm", "pillow-rgb8.png",
    ])
    func everyCutAndDamagedFileIsReadOrRefused(_ name: String) throws {
        let bytes = try TestFiles.bytes("Pictures/" + name)
        for count in 0..<bytes.count {
            // The end of a PNG's last chunk, or of plain text, may be missed without loss.
            let picture = try? Picture.decode(Array(bytes.prefix(count)), libraryDirectories: [])
            if count < bytes.count - 20 { #expect(picture == nil, "\(count) bytes") }
        }
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<3000 {
            var damaged = bytes
            for _ in 0..<2 {
                damaged[Int.random(in: 8..<bytes.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            _ = try? Picture.decode(damaged, libraryDirectories: [])
            _ = try? Picture.decode(Self.withChecksums(damaged), libraryDirectories: [])
        }
    }

    @Test func refusesABombBeforeItTakesMemory() throws {
        let plain = try TestFiles.bytes("Pictures/plain-grey8.png")
        for (width, height) in [
            (UInt32.max, UInt32.max), (1 << 31, 1), (8192, 8192), (1, 60_000_000), (0, 5), (5, 0),
        ] {
            var bomb = plain
            for index in 0..<4 {
                bomb[16 + index] = UInt8(width >> UInt32(24 - 8 * index) & 255)
                bomb[20 + index] = UInt8(height >> UInt32(24 - 8 * index) & 255)
            }
            let checked = Self.withChecksums(bomb)
            #expect(throws: ServingError.self) {
                try Picture.decode(checked, libraryDirectories: [])
            }
        }
    }

    @Test func refusesDataThatInflatesToMoreThanThePicture() throws {
        // The picture of 13 by 9 pixels, said to have 8 rows.
        var bytes = try TestFiles.bytes("Pictures/plain-grey8.png")
        bytes[23] = 8
        #expect { try Picture.decode(Self.withChecksums(bytes), libraryDirectories: []) } throws: {
            "\($0)".contains("longer than its size allows")
        }
        bytes[23] = 10
        #expect { try Picture.decode(Self.withChecksums(bytes), libraryDirectories: []) } throws: {
            "\($0)".contains("ends after 126 of 140 bytes")
        }
    }

    @Test(arguments: [(24, 3), (24, 16), (25, 1), (25, 5), (25, 3), (26, 1), (27, 1), (28, 2)])
    func refusesHeadersThatNoPNGHas(_ offset: Int, _ value: UInt8) throws {
        var bytes = try TestFiles.bytes("Pictures/plain-rgb8.png")
        bytes[offset] = value
        // 16 bits is a depth that RGB may have, but then the data does not suffice.
        #expect(throws: ServingError.self) {
            try Picture.decode(Self.withChecksums(bytes), libraryDirectories: [])
        }
    }

    @Test func refusesAWrongChecksumAndUnknownCriticalChunks() throws {
        var bytes = try TestFiles.bytes("Pictures/plain-grey8.png")
        bytes[45] ^= 1
        #expect { try Picture.decode(bytes, libraryDirectories: []) } throws: {
            "\($0)".contains("checksum")
        }
        bytes = try TestFiles.bytes("Pictures/plain-grey8.png")
        // The text chunk, renamed: an upper-case first letter says that it must be understood.
        bytes[37] = UInt8(ascii: "T")
        #expect { try Picture.decode(Self.withChecksums(bytes), libraryDirectories: []) } throws: {
            "\($0)".contains("chunk 'TEXt'")
        }
    }

    @Test(arguments: [
        "P5", "P5 ", "P5 x", "P5 1 1 0\n1", "P5 1 1 65536\n11", "P5 0 1 255\n", "P5 2 2 255\n123",
        "P5 99999999999999999999 1 255\n1", "P5 100000 100000 255\n1", "P5 1 1 255", "P2 1 1 9\n10",
        "P2 2 1 9\n1", "P2 1 1 9\n-1", "P2 9999 9999 9\n1 2 3", "P4 1 1\n1", "P1 1 1\n1",
        "P6 1 1 255\n12", "P5 # c", "P2 2 1 9\n1 x",
    ])
    func refusesMalformedPortableMaps(_ text: String) {
        #expect(throws: ServingError.self) {
            try Picture.decode(Array(text.utf8), libraryDirectories: [])
        }
    }

    /// The file with the checksums of all whole chunks made right.
    private static func withChecksums(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        var index = 8
        while result.count - index >= 12 {
            let length = result[index..<index + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= result.count - index - 12 else { break }
            let end = index + 8 + length
            let sum = Inflate.crc32(result[index + 4..<end])
            for byte in 0..<4 { result[end + byte] = UInt8(sum >> UInt32(24 - 8 * byte) & 255) }
            index = end + 4
        }
        return result
    }
}
