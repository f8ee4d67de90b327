import Glibc
import ServingCore

/// Reads JPEG through libturbojpeg, which is looked for when the first JPEG comes and never
/// unloaded.
struct JPEGReader {
    /// The command that installs the library.
    static let remedy = "apt-get install libturbojpeg0"
    private static let fileNames = ["libturbojpeg.so.0", "libturbojpeg.so"]

    private let library: TurboJPEG

    /// Finds the library.
    ///
    /// - Throws: `library_missing` naming what was tried and the command that installs it.
    init(libraryDirectories: [String]) throws(ServingError) {
        var tried: [String] = []
        for directory in libraryDirectories + [""] {
            for name in Self.fileNames {
                let path = directory.isEmpty ? name : "\(directory)/\(name)"
                tried.append(path)
                if let library = TurboJPEG(path: path) {
                    self.library = library
                    return
                }
            }
        }
        throw ServingError(
            .libraryMissing,
            "JPEG needs libturbojpeg, which was not found "
                + "(tried \(tried.joined(separator: ", "))); install it with '\(Self.remedy)', or convert the picture to PNG"
        )
    }

    /// Decodes a JPEG to grey or RGB.
    ///
    /// - Throws: `invalid_request` with the library's words for a malformed or cut file;
    ///   `unsupported` for CMYK; `request_too_large`.
    func picture(_ bytes: [UInt8]) throws(ServingError) -> Picture {
        guard let decoder = library.initDecompress() else {
            throw ServingError(.resourceExhausted, "libturbojpeg cannot start; try again later")
        }
        defer { _ = library.destroy(decoder) }
        var (width, height, subsampling, colours) = (Int32(0), Int32(0), Int32(0), Int32(0))
        let status = bytes.withUnsafeBufferPointer { source in
            library.decompressHeader(
                decoder, source.baseAddress, UInt(source.count), &width, &height, &subsampling,
                &colours)
        }
        guard status == 0 else { throw failure(decoder) }
        // TJCS_RGB, TJCS_YCbCr and TJCS_GRAY; the others are CMYK and YCCK.
        guard (0...2).contains(colours) else {
            throw ServingError(
                .unsupported, "the JPEG has CMYK colours; convert it to RGB or grey")
        }
        let channels = colours == 2 ? 1 : 3
        let count = try Picture.sampleCount(
            width: Int(width), height: Int(height), channels: channels)
        var pixels = [UInt8](repeating: 0, count: count)
        let decoded = bytes.withUnsafeBufferPointer { source in
            pixels.withUnsafeMutableBufferPointer { target in
                // TJPF_GRAY is 6, TJPF_RGB is 0; a pitch of 0 packs the rows.
                library.decompress(
                    decoder, source.baseAddress, UInt(source.count), target.baseAddress, width, 0,
                    height, channels == 1 ? 6 : 0, 0)
            }
        }
        // Cut or damaged data is a warning to the library, but not a picture to trust.
        guard decoded == 0 else { throw failure(decoder) }
        return Picture(
            width: Int(width), height: Int(height), channels: channels, maximum: 255,
            samples: pixels.map { UInt16($0) })
    }

    private func failure(_ decoder: UnsafeMutableRawPointer) -> ServingError {
        let words = library.errorText(decoder).map { String(cString: $0) } ?? "unknown error"
        return ServingError(.invalidRequest, "the JPEG cannot be read: \(words.clipped())")
    }
}

/// The five functions of TurboJPEG's C interface (`turbojpeg.h`, version 1.2 to 3) that are used.
private struct TurboJPEG {
    typealias Handle = UnsafeMutableRawPointer
    typealias Header =
        @convention(c) (
            Handle, UnsafePointer<UInt8>?, UInt, UnsafeMutablePointer<Int32>,
            UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>
        ) -> Int32
    typealias Decompress =
        @convention(c) (
            Handle, UnsafePointer<UInt8>?, UInt, UnsafeMutablePointer<UInt8>?, Int32, Int32, Int32,
            Int32, Int32
        ) -> Int32

    let initDecompress: @convention(c) () -> Handle?
    let decompressHeader: Header
    let decompress: Decompress
    let destroy: @convention(c) (Handle) -> Int32
    let errorText: @convention(c) (Handle) -> UnsafePointer<CChar>?

    /// Opens the library; nil when it is not there or lacks a function.
    init?(path: String) {
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL),
            let start = dlsym(library, "tjInitDecompress"),
            let header = dlsym(library, "tjDecompressHeader3"),
            let decompress = dlsym(library, "tjDecompress2"),
            let destroy = dlsym(library, "tjDestroy"),
            let errorText = dlsym(library, "tjGetErrorStr2")
        else { return nil }
        // The signatures are those of turbojpeg.h; they have not changed since version 1.4.
        initDecompress = unsafeBitCast(start, to: (@convention(c) () -> Handle?).self)
        decompressHeader = unsafeBitCast(header, to: Header.self)
        self.decompress = unsafeBitCast(decompress, to: Decompress.self)
        self.destroy = unsafeBitCast(destroy, to: (@convention(c) (Handle) -> Int32).self)
        self.errorText = unsafeBitCast(
            errorText, to: (@convention(c) (Handle) -> UnsafePointer<CChar>?).self)
    }
}
