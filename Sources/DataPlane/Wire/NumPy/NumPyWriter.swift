public import NIOCore
public import ServingCore
public import Tensors

/// Writes `.npy` files, format version 1.0 (NumPy enhancement proposal 1).
public enum NumPyWriter {
    /// Bytes that the header with everything in front of it is a multiple of.
    private static let alignment = 64

    /// Appends a tensor as an array in C order; BYTES become `S`, padded with zeros.
    ///
    /// - Throws: `unsupported` for BF16, which NumPy does not have; `invalid_request` when padding
    ///   would take more than `Limits.tensorBytesMaximum`.
    public static func append(_ tensor: Tensor, to buffer: inout ByteBuffer) throws(ServingError) {
        guard tensor.elementType == .bytes else {
            guard let type = types[tensor.elementType] else {
                throw ServingError(
                    .unsupported, "NumPy has no type for \(tensor.elementType); ask for JSON")
            }
            writeHeader(type, tensor.shape, to: &buffer)
            tensor.storage.withUnsafeBytes { _ = buffer.writeBytes($0) }
            return
        }
        var width = 1
        BytesElements.forEach(in: tensor) { width = max(width, $0.count) }
        let (total, overflow) = width.multipliedReportingOverflow(by: tensor.shape.elementCount)
        guard !overflow, total <= Limits.tensorBytesMaximum else {
            throw ServingError(
                .invalidRequest,
                "strings of up to \(width) bytes make too large a NumPy array; ask for JSON")
        }
        writeHeader("|S\(width)", tensor.shape, to: &buffer)
        BytesElements.forEach(in: tensor) { element in
            buffer.writeBytes(element)
            buffer.writeRepeatingByte(0, count: width - element.count)
        }
    }

    private static let types: [ElementType: String] = [
        .bool: "|b1", .uint8: "|u1", .uint16: "<u2", .uint32: "<u4", .uint64: "<u8",
        .int8: "|i1", .int16: "<i2", .int32: "<i4", .int64: "<i8", .float16: "<f2",
        .float32: "<f4", .float64: "<f8",
    ]

    private static func writeHeader(_ type: String, _ shape: Shape, to buffer: inout ByteBuffer) {
        let extents = shape.dimensions.map(String.init).joined(separator: ", ")
        let comma = shape.rank == 1 ? "," : ""
        let text =
            "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(extents)\(comma)), }"
        let bare = NumPyHeader.magic.count + 4 + text.utf8.count + 1
        let padding = (alignment - bare % alignment) % alignment
        buffer.writeBytes(NumPyHeader.magic)
        buffer.writeBytes([1, 0])
        // At most 32 extents of 20 digits: far below the 65 535 bytes that version 1.0 allows.
        buffer.writeInteger(
            UInt16(truncatingIfNeeded: text.utf8.count + padding + 1), endianness: .little)
        buffer.writeString(text)
        buffer.writeRepeatingByte(UInt8(ascii: " "), count: padding)
        buffer.writeString("\n")
    }
}
