import Glibc
import Inference
import ServingCore
import Tensors
import Testing

@testable import Slipway

struct InputsImageTests {
    /// A picture of 8-bit samples.
    private func picture(_ width: Int, _ height: Int, _ samples: [UInt16]) -> Picture {
        Picture(
            width: width, height: height, channels: samples.count / width / height, maximum: 255,
            samples: samples)
    }

    private func make(
        _ picture: Picture, _ type: ElementType, _ shape: [Int]?,
        _ change: (inout ImageOptions) -> Void = { _ in }
    ) throws -> Tensor {
        var options = ImageOptions()
        change(&options)
        let target = InputsModels.specification("x", type, shape)
        let tensor = try ImageTensor(target, options).make(picture)
        #expect(target.accepts(tensor.shape))
        return tensor
    }

    /// The digits model takes 64 numbers from 0 to 16.
    @Test func aDigitFitsTheExampleModel() throws {
        let samples = (0..<64).map { UInt16($0 * 4) }
        let tensor = try make(picture(8, 8, samples), .float32, [-1, 64]) { $0.scale = 16 }
        #expect(tensor.shape.dimensions == [1, 64])
        for (index, value) in tensor.values(as: Float.self).enumerated() {
            let wanted = Float(index * 4) / 255 * 16
            #expect((value - wanted).magnitude < 1e-5)
        }
        // Drawn large, in colour, dark on light.
        var pixels: [UInt16] = []
        for y in 0..<80 {
            for x in 0..<80 {
                let dark = 255 - samples[y / 10 * 8 + x / 10]
                pixels += [dark, dark, dark]
            }
        }
        let large = picture(80, 80, pixels)
        let same = try make(large, .float32, [-1, 64]) {
            $0.scale = 16
            $0.resize = .area
            $0.isInverted = true
        }
        for (left, right) in zip(
            same.values(as: Float.self), tensor.values(as: Float.self))
        {
            #expect((left - right).magnitude < 1e-3)
        }
    }

    private static let rgb: [UInt16] = [10, 20, 30, 40, 50, 60]

    @Test(arguments: [
        ([-1, 1, 2, 3], [1, 1, 2, 3], [10, 20, 30, 40, 50, 60]),
        ([-1, 3, 1, 2], [1, 3, 1, 2], [10, 40, 20, 50, 30, 60]),
        ([-1, -1, -1, 3], [1, 1, 2, 3], [10, 20, 30, 40, 50, 60]),
        ([1, 3, -1, -1], [1, 3, 1, 2], [10, 40, 20, 50, 30, 60]),
        ([1, 2, 3], [1, 2, 3], [10, 20, 30, 40, 50, 60]),
        ([3, 1, 2], [3, 1, 2], [10, 40, 20, 50, 30, 60]),
        ([-1, 6], [1, 6], [10, 20, 30, 40, 50, 60]), ([6], [6], [10, 20, 30, 40, 50, 60]),
        ([-1, -1], [1, 6], [10, 20, 30, 40, 50, 60]),
        // Luma of the two pixels.
        ([-1, -1, 2, 1], [1, 1, 2, 1], [18, 48]), ([-1, 1, 2], [1, 1, 2], [18, 48]),
        ([-1, 2], [1, 2], [18, 48]),
    ])
    func fillsEveryUsualShape(_ shape: [Int], _ made: [Int], _ values: [UInt8]) throws {
        let tensor = try make(picture(2, 1, Self.rgb), .uint8, shape)
        #expect(tensor.shape.dimensions == made)
        #expect(tensor.values(as: UInt8.self) == values)
    }

    @Test func greyBecomesRGBAndAlphaIsDropped() throws {
        let grey = picture(2, 1, [7, 9])
        #expect(
            try make(grey, .uint8, [-1, 1, 2, 3]).values(as: UInt8.self) == [7, 7, 7, 9, 9, 9])
        let alpha = Picture(
            width: 2, height: 1, channels: 4, maximum: 255, samples: [1, 2, 3, 0, 4, 5, 6, 255])
        #expect(
            try make(alpha, .uint8, [-1, 1, 2, 3]).values(as: UInt8.self) == [1, 2, 3, 4, 5, 6])
    }

    @Test func theLayoutCanBeSaidWhereTheShapeDoesNot() throws {
        let square = picture(3, 3, (0..<27).map { UInt16($0) })
        #expect { try make(square, .uint8, [-1, 3, 3, 3]) } throws: {
            "\($0)".contains("--image-layout")
        }
        let first = try make(square, .uint8, [-1, 3, 3, 3]) { $0.layout = .channelsFirst }
        #expect(first.values(as: UInt8.self).prefix(3) == [0, 3, 6])
        let last = try make(square, .uint8, [-1, 3, 3, 3]) { $0.layout = .channelsLast }
        #expect(last.values(as: UInt8.self).prefix(3) == [0, 1, 2])
        let flat = try make(square, .uint8, [-1, 27]) { $0.layout = .channelsFirst }
        #expect(flat.values(as: UInt8.self).prefix(3) == [0, 3, 6])
    }

    @Test func scaleMeanAndDeviationAreApplied() throws {
        let pixel = picture(1, 1, [0, 51, 255])
        #expect(
            try make(pixel, .float64, [-1, 3]).values(as: Double.self).map { ($0 * 10).rounded() }
                == [0, 2, 10])
        let normal = try make(pixel, .float32, [-1, 3, 1, 1]) {
            $0.mean = [0.5, 0.25, 0]
            $0.deviation = [0.5]
        }
        for (value, wanted) in zip(normal.values(as: Float.self), [-1, -0.1, 2] as [Float]) {
            #expect((value - wanted).magnitude < 1e-5)
        }
        #expect(
            try make(pixel, .int32, [-1, 3]) { $0.scale = 1000 }.values(as: Int32.self)
                == [0, 200, 1000])
        let deep = Picture(width: 1, height: 1, channels: 1, maximum: 65_535, samples: [65_535])
        #expect(try make(deep, .uint8, [-1, 1]).values(as: UInt8.self) == [255])
    }

    @Test func changesTheSizeOnlyWhenAsked() throws {
        let line = picture(4, 1, [0, 100, 200, 100])
        #expect { try make(line, .float32, [-1, 1, 2]) } throws: {
            "\($0)".contains("the picture is 4 by 1 pixels; input 'x' takes 2 by 1")
        }
        func resized(_ method: ImageOptions.Resize, _ width: Int) throws -> [Double] {
            try make(line, .float64, [-1, 1, width]) {
                $0.resize = method
                $0.scale = 255
            }.values(as: Double.self).map { ($0 * 100).rounded() / 100 }
        }
        #expect(try resized(.area, 2) == [50, 150])
        #expect(try resized(.nearest, 2) == [100, 100])
        #expect(try resized(.bilinear, 2) == [50, 150])
        #expect(try resized(.nearest, 8) == [0, 0, 100, 100, 200, 200, 100, 100])
        #expect(try resized(.bilinear, 8) == [0, 25, 75, 125, 175, 175, 125, 100])
        #expect(try resized(.area, 8) == [0, 0, 100, 100, 200, 200, 100, 100])
        #expect(try resized(.area, 3) == [25, 150, 125])
        #expect(try resized(.area, 1) == [100])
    }

    @Test(
        arguments: [
            (nil, ElementType.float32), ([2, 8, 8, 3], .float32), ([-1, 8, 8, 4], .float32),
            ([-1, 7], .float32), ([-1, 0, 0, 3], .float32), ([], .float32),
            ([-1, 2, 2, 2, 3], .float32),
            ([-1, 3, 8, 3], .float32), ([-1, 64], .bool),
            ([-1, 4_000_000_000, 4_000_000_000, 3], .float32),
            ([-1, 4_611_686_018_427_387_904], .int8),
        ] as [([Int]?, ElementType)])
    func refusesShapesThatNoPictureFills(_ shape: [Int]?, _ type: ElementType) {
        #expect(throws: ServingError.self) {
            try make(picture(8, 8, [UInt16](repeating: 1, count: 64)), type, shape) {
                $0.resize = .area
            }
        }
    }

    @Test func refusesOptionsThatMakeNoSense() {
        let pixel = picture(1, 1, [255, 255, 255])
        let changes: [@Sendable (inout ImageOptions) -> Void] = [
            { $0.scale = 0 }, { $0.scale = .nan }, { $0.scale = -1 }, { $0.deviation = [0] },
            { $0.mean = [1, 2] }, { $0.mean = [.infinity] },
        ]
        for change in changes {
            #expect(throws: ServingError.self) { try make(pixel, .float32, [-1, 3], change) }
        }
        #expect { try make(pixel, .uint8, [-1, 3]) { $0.scale = 1000 } } throws: {
            "\($0)".contains("cannot hold")
        }
        #expect(throws: ServingError.self) {
            try make(pixel, .int64, [-1, 3]) { $0.scale = 1e300 }
        }
    }
}

/// JPEG needs a library that a machine may lack; then only the error is looked at.
struct InputsJPEGTests {
    /// Where libturbojpeg is when the system does not know it, for machines without it.
    private static let directories = getenv("SLIPWAY_TEST_LIBRARIES").map { [String(cString: $0)] }

    private func decode(_ bytes: [UInt8]) throws -> Picture {
        try Picture.decode(bytes, libraryDirectories: Self.directories ?? [])
    }

    private static var isInstalled: Bool {
        (try? JPEGReader(libraryDirectories: directories ?? [])) != nil
    }

    @Test func aMissingLibraryIsNamedWithItsRemedy() throws {
        guard !Self.isInstalled else { return }
        #expect {
            try Picture.decode(
                TestFiles.bytes("Pictures/rgb.jpg"), libraryDirectories: ["/opt/none"])
        } throws: {
            ($0 as? ServingError)?.code == .libraryMissing
                && "\($0)".contains("/opt/none/libturbojpeg.so.0")
                && "\($0)".contains("apt-get install libturbojpeg0")
        }
    }

    @Test(.enabled(if: isInstalled)) func readsColoursAndGrey() throws {
        for (name, channels) in [("rgb.jpg", 3), ("grey.jpg", 1)] {
            let picture = try decode(TestFiles.bytes("Pictures/" + name))
            #expect(picture.width == 13)
            #expect(picture.height == 9)
            #expect(picture.channels == channels)
            for y in 0..<9 {
                for x in 0..<13 {
                    let sample = Int(picture.samples[(y * 13 + x) * channels])
                    #expect((sample - x * 12).magnitude <= 12, "\(name) at \(x), \(y)")
                }
            }
        }
    }

    @Test(.enabled(if: isInstalled)) func refusesCutsAndOtherColours() throws {
        #expect { try decode(TestFiles.bytes("Pictures/cmyk.jpg")) } throws: {
            "\($0)".contains("CMYK")
        }
        let bytes = try TestFiles.bytes("Pictures/rgb.jpg")
        for count in 3..<bytes.count - 2 {
            #expect(throws: ServingError.self) { try decode(Array(bytes.prefix(count))) }
        }
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<2000 {
            var damaged = bytes
            damaged[Int.random(in: 3..<bytes.count, using: &generator)] = UInt8.random(
                in: 0...255, using: &generator)
            _ = try? decode(damaged)
        }
    }
}
