import ServingCore
import Wire

/// The kinds of files that `slipway predict` turns into a model's inputs.
public enum InputFormat: String, Hashable, Sendable, CaseIterable {
    /// A TensorFlow Serving or Open Inference Protocol body, a bare array of rows, or an object of
    /// columns.
    case json
    /// Comma-separated values: RFC 4180.
    case csv
    /// The same with tabs.
    case tsv
    /// A NumPy array, as `numpy.save` writes it.
    case npy
    /// PNG, PGM, PPM or JPEG.
    case image
    /// Any file, for models that take bytes.
    case bytes

    /// Recognises a file by its first bytes, else by the end of its name.
    ///
    /// - Throws: `unsupported` when neither tells, or for a format that is known but not read.
    static func recognise(_ bytes: [UInt8], name: String) throws(ServingError) -> InputFormat {
        if bytes.starts(with: NumPyHeader.magic) { return .npy }
        if PictureFormat(bytes) != nil { return .image }
        for (magic, what) in unreadable where bytes.starts(with: magic.utf8) {
            throw ServingError(.unsupported, "'\(name.clipped())' is \(what)")
        }
        let lower = name.lowercased()
        for (ending, format) in endings where lower.hasSuffix(ending) { return format }
        let first = bytes.first { $0 > 0x20 && ![0xEF, 0xBB, 0xBF].contains($0) }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return .json }
        throw ServingError(
            .unsupported,
            "cannot tell the format of '\(name.clipped())'; say it with --format, one of "
                + allCases.map(\.rawValue).joined(separator: ", "))
    }

    private static let endings: [(String, InputFormat)] = [
        (".json", .json), (".csv", .csv), (".tsv", .tsv), (".npy", .npy), (".png", .image),
        (".pgm", .image), (".ppm", .image), (".jpg", .image), (".jpeg", .image),
    ]

    private static let unreadable: [(String, String)] = [
        (
            "PK\u{3}\u{4}",
            "a zip file; of an .npz, save each array by itself with numpy.save and give it as "
                + "NAME=FILE.npy"
        ),
        ("GIF8", "a GIF; images are read as PNG, JPEG, PGM or PPM"),
        ("RIFF", "a WebP or another RIFF file; images are read as PNG, JPEG, PGM or PPM"),
        ("BM", "a BMP; images are read as PNG, JPEG, PGM or PPM"),
        ("II*\0", "a TIFF; images are read as PNG, JPEG, PGM or PPM"),
        ("MM\0*", "a TIFF; images are read as PNG, JPEG, PGM or PPM"),
    ]
}
