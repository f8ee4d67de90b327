import ServingCore

/// A decoded image: rows from the top, pixels from the left, channels of a pixel side by side.
struct Picture: Hashable {
    /// Pixels in a row; at least 1.
    let width: Int
    /// Rows; at least 1.
    let height: Int
    /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
    let channels: Int
    /// The sample value of full intensity: 255 for 8 bits.
    let maximum: Int
    /// `width * height * channels` samples.
    let samples: [UInt16]

    /// Most samples that a file may decode to: 134 MB of memory.
    static let samplesMaximum = 1 << 26

    /// Decodes a file of any of the formats that are read.
    ///
    /// - Throws: `invalid_request` for a malformed file, `request_too_large` for a huge picture,
    ///   `unsupported` for a variant that is not read, `library_missing` for JPEG without its
    ///   library.
    static func decode(_ bytes: [UInt8], libraryDirectories: [String]) throws(ServingError)
        -> Picture
    {
        switch PictureFormat(bytes) {
        case .png: return try PNGReader(bytes).picture()
        case .netpbm: return try NetpbmReader.picture(bytes)
        case .jpeg: return try JPEGReader(libraryDirectories: libraryDirectories).picture(bytes)
        case nil:
            throw ServingError(
                .invalidRequest, "this is no picture; PNG, JPEG, PGM and PPM are read")
        }
    }

    /// The number of samples, once it is known to be within the limit.
    ///
    /// - Throws: `invalid_request` for an empty picture; `request_too_large`.
    static func sampleCount(width: Int, height: Int, channels: Int) throws(ServingError) -> Int {
        guard width > 0, height > 0 else {
            throw ServingError(
                .invalidRequest, "the picture is \(width) by \(height) pixels: empty")
        }
        let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
        guard !overflow, pixels <= samplesMaximum / channels else {
            throw ServingError(
                .requestTooLarge,
                "the picture is \(width) by \(height) pixels; at most \(samplesMaximum) samples "
                    + "are "
                    + "read")
        }
        return pixels * channels
    }
}

/// The picture formats, told apart by their first bytes.
enum PictureFormat {
    case png, netpbm, jpeg

    init?(_ bytes: [UInt8]) {
        if bytes.starts(with: PNGReader.signature) {
            self = .png
        } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.count > 2, bytes[0] == UInt8(ascii: "P"),
            (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(bytes[1]),
            bytes[2] == UInt8(ascii: "#") || [0x20, 0x09, 0x0A, 0x0D].contains(bytes[2])
        {
            self = .netpbm
        } else {
            return nil
        }
    }
}
