import ServingCore
import Testing

@testable import SparkEngine

/// Tables that Spark wrote in its usual way and in others.
@Suite struct ParquetTests {
    private static func file(_ name: String) throws -> [UInt8] {
        try Fixture.bytes("\(Fixture.folder)/parquet/\(name).parquet")
    }

    /// The same 400 rows, as `make_spark.py` makes them.
    @Test(arguments: ["none", "v2", "v2_none", "plain", "pages"])
    func readsEveryValue(name: String) throws {
        let data = StageData(table: try ParquetTable([try Self.file(name)]))
        #expect(data.rowCount == 400)
        #expect(try data.integers("a") == (0..<400).map { $0 / 50 })
        #expect(try data.doubles("b") == (0..<400).map { Double($0 / 40) / 3 })
        #expect(try data.texts("c") == (0..<400).map { "text \($0 / 100)" })
        #expect(try data.integers("d") == (0..<400).map { $0 % 3 == 0 ? 1 : 0 })
        #expect(try data.integers("f") == (0..<400).map { $0 % 7 == 0 ? nil : $0 / 20 })
        let (ranges, values) = try data.doubleLists("e")
        let lists = ranges.map { Array(values[$0]) }
        #expect(lists == (0..<400).map { Array(repeating: Double($0 % 4), count: $0 % 3) })
    }

    @Test func readsSeveralFilesAsOne() throws {
        let file = try Self.file("plain")
        let data = StageData(table: try ParquetTable([file, file]))
        #expect(data.rowCount == 800)
        #expect(try data.integers("a").suffix(400) == (0..<400).map { $0 / 50 }[...])
    }

    @Test(arguments: [("gzip", "gzip"), ("zstd", "zstd"), ("delta", "DELTA_BINARY_PACKED")])
    func refusesByNameWhatItDoesNotRead(name: String, word: String) throws {
        let error = try #require(throws: ServingError.self) {
            try ParquetTable([try Self.file(name)])
        }
        #expect(error.code == .modelInvalid)
        #expect(error.message.contains(word), "\(error)")
    }

    @Test func refusesEveryTruncation() throws {
        let file = try Self.file("plain")
        for count in stride(from: 0, to: file.count, by: 7) {
            #expect(throws: ServingError.self) { try ParquetTable([Array(file.prefix(count))]) }
        }
    }

    /// Damage is found or makes other values; it never stops the process.
    @Test(arguments: ["none", "plain", "pages", "v2_none"])
    func survivesFlippedBits(name: String) throws {
        let file = try Self.file(name)
        for place in stride(from: 0, to: file.count, by: 11) {
            var damaged = file
            damaged[place] ^= UInt8(1 << (place % 8))
            guard let table = try? ParquetTable([damaged], entriesMaximum: 10_000) else { continue }
            for column in table.columns {
                _ = try? column.places()
                _ = try? column.lists()
                _ = try? column.innerLists()
            }
        }
    }

    @Test func boundsHowManyValuesAreRead() throws {
        let error = try #require(throws: ServingError.self) {
            try ParquetTable([try Self.file("plain")], entriesMaximum: 100)
        }
        #expect(error.message.contains("the most is 100"), "\(error)")
    }

    @Test(arguments: [
        (Array("PAR1".utf8), "PAR1"), ([], "0 bytes"),
        (Array("PAR1xxxxxxxxPARE".utf8), "encrypted"),
        (Array("PAR1".utf8) + [255, 255, 255, 127] + Array("PAR1".utf8), "larger than the file"),
    ])
    func saysWhatIsNoParquet(bytes: [UInt8], word: String) throws {
        let error = try #require(throws: ServingError.self) { try ParquetTable([bytes]) }
        #expect(error.message.contains(word), "\(error)")
    }
}

/// Snappy's raw format, by examples worked out by hand.
@Suite struct SnappyTests {
    private func decompress(_ bytes: [UInt8], _ size: Int) throws -> [UInt8] {
        try Snappy.decompress(ByteReader(bytes), size: size)
    }

    @Test func readsLiteralsAndCopies() throws {
        // "ab", then four bytes from two back: the copy runs into what it writes.
        #expect(try decompress([6, 0x04, 0x61, 0x62, 0x01, 2], 6) == Array("ababab".utf8))
        // A copy with a distance of two bytes, and one of four.
        #expect(try decompress([4, 0x00, 0x61, 0x0A, 1, 0], 4) == Array("aaaa".utf8))
        #expect(try decompress([4, 0x00, 0x61, 0x0B, 1, 0, 0, 0], 4) == Array("aaaa".utf8))
        // A literal whose length has a byte of its own.
        let long = [UInt8](repeating: 7, count: 100)
        #expect(try decompress([100, 0xF0, 99] + long, 100) == long)
        #expect(try decompress([0], 0) == [])
    }

    @Test(
        arguments: [
            ([], 0), ([5, 0x00, 0x61], 5), ([1, 0x00, 0x61, 0x00, 0x61], 1), ([4, 0x01, 1], 4),
            ([4, 0x00, 0x61, 0x01, 0], 4), ([4, 0x00, 0x61, 0x01, 2], 4), ([2, 0x04, 0x61], 2),
            ([255, 255, 255, 255, 7, 0x00, 0x61], 2_147_483_647), ([1, 0x00, 0x61], 2),
            ([1, 0xFC, 255, 255, 255, 255, 0x61], 1),
        ] as [([UInt8], Int)])
    func refusesDamage(bytes: [UInt8], size: Int) {
        #expect(throws: ServingError.self) { try decompress(bytes, size) }
    }
}
