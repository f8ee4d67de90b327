import ServingCore

/// Says what a file that is not an ONNX model looks like, from its first bytes.
enum ModelFileKind {
    private static let signatures: [(bytes: [UInt8], name: String)] = [
        (
            [0x50, 0x4B, 0x03, 0x04],
            "a zip archive, as PyTorch and Keras save models; export the model to ONNX, or unpack "
                + "the archive if an ONNX file is in it"
        ),
        ([0x1F, 0x8B], "a gzip file; unpack it"),
        ([0x89, 0x48, 0x44, 0x46], "an HDF5 file, as Keras writes it; convert it to ONNX"),
        ([0x7F, 0x45, 0x4C, 0x46], "a program or shared library"),
        ([0x80, 0x02], "a Python pickle; convert the model to ONNX"),
        ([0x80, 0x03], "a Python pickle; convert the model to ONNX"),
        ([0x80, 0x04], "a Python pickle; convert the model to ONNX"),
        ([0x80, 0x05], "a Python pickle; convert the model to ONNX"),
    ]

    /// A guess at what bytes are that an ONNX file does not begin with; nil when none is known.
    static func describe(_ bytes: UnsafeRawBufferPointer) -> String? {
        if let known = signatures.first(where: { bytes.starts(with: $0.bytes) }) {
            return known.name
        }
        if bytes.count >= 8, bytes[4..<8].elementsEqual(Array("ORTM".utf8)) {
            return "in ONNX Runtime's own .ort format; use the .onnx file that it was made from"
        }
        return text(bytes).map { "text ('\($0)')" }
            .map {
                isPointer(bytes)
                    ? $0 + "; a checkout "
                        + "without its large files has such a text in their place: run git lfs pull"
                    : $0
            }
    }

    /// The first line when everything at the start is printable.
    private static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
        let start = bytes.prefix(256)
        let isText = start.allSatisfy { $0 >= 0x20 || (0x09...0x0D).contains($0) }
        guard isText else { return nil }
        return String(decoding: start.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
            .clipped(to: 60)
    }

    /// Git's large file extension leaves a text with these words in place of the file.
    private static func isPointer(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.starts(with: Array("version https://".utf8))
    }
}
