import ServingCore

/// The first chunk of a PNG: size and kind of pixels.
struct PNGHeader {
    /// The colour types by their numbers in the file.
    enum Colour: UInt8 {
        case grey = 0
        case rgb = 2
        case palette = 3
        case greyAlpha = 4
        case rgbAlpha = 6

        /// Samples that the file holds for a pixel.
        var storedChannels: Int {
            switch self {
            case .grey, .palette: 1
            case .greyAlpha: 2
            case .rgb: 3
            case .rgbAlpha: 4
            }
        }

        var depths: [Int] {
            switch self {
            case .grey: [1, 2, 4, 8, 16]
            case .palette: [1, 2, 4, 8]
            case .rgb, .greyAlpha, .rgbAlpha: [8, 16]
            }
        }
    }

    let width: Int
    let height: Int
    /// Bits of a sample.
    let depth: Int
    let colour: Colour
    private let isInterlaced: Bool

    init(_ data: ArraySlice<UInt8>) throws(ServingError) {
        let fields = Array(data)
        guard fields.count == 13 else {
            throw ServingError(.invalidRequest, "the PNG's IHDR chunk is malformed")
        }
        width = Int(Self.number(fields[0..<4]))
        height = Int(Self.number(fields[4..<8]))
        depth = Int(fields[8])
        guard let colour = Colour(rawValue: fields[9]), colour.depths.contains(depth),
            fields[10] == 0, fields[11] == 0, fields[12] <= 1
        else {
            throw ServingError(
                .invalidRequest,
                "the PNG has bit depth \(fields[8]), colour type \(fields[9]), compression "
                    + "\(fields[10]), filter \(fields[11]) and interlace \(fields[12]): no such PNG"
            )
        }
        self.colour = colour
        isInterlaced = fields[12] == 1
        _ = try Picture.sampleCount(
            width: width, height: height,
            channels: colour == .palette ? 3 : colour.storedChannels)
    }

    /// Bits of a pixel.
    var pixelBits: Int { depth * colour.storedChannels }

    /// The sub-pictures that the file holds: one, or Adam7's seven as far as they have pixels.
    var passes: [PNGPass] {
        guard isInterlaced else {
            return [PNGPass(left: 0, top: 0, stepX: 1, stepY: 1, width: width, height: height)]
        }
        return Self.adam7.map { left, top, stepX, stepY in
            PNGPass(
                left: left, top: top, stepX: stepX, stepY: stepY,
                width: (width - left + stepX - 1) / stepX,
                height: (height - top + stepY - 1) / stepY)
        }.filter { $0.width > 0 && $0.height > 0 }
    }

    private static let adam7 = [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
        (0, 1, 1, 2),
    ]

    /// A big-endian number of up to four bytes.
    static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}
