import ServingCore

/// Writes a frame: room for the head first, then the fields of the payload.
struct PayloadWriter {
    /// The frame so far; the head is empty until `finish`.
    private(set) var bytes: [UInt8]

    /// Starts a payload.
    ///
    /// - Parameter capacity: Bytes of payload that are expected.
    init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(WorkerFrame.headBytes + capacity)
        for _ in 0..<WorkerFrame.headBytes { bytes.append(0) }
    }

    /// Bytes of payload so far.
    var count: Int { bytes.count - WorkerFrame.headBytes }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func integer(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// The number of items that follow; more than a payload holds are cut by its limit anyway.
    mutating func count(_ value: Int) { integer(UInt32(clamping: value)) }

    mutating func text(_ value: String) {
        count(value.utf8.count)
        bytes.append(contentsOf: value.utf8)
    }

    mutating func raw(_ value: UnsafeRawBufferPointer) { bytes.append(contentsOf: value) }

    /// Fills in the head and gives the frame.
    ///
    /// - Throws: `request_too_large` beyond the most that a payload may hold.
    consuming func finish(_ kind: WorkerFrame.Kind, sequence: UInt64)
        throws(ServingError) -> [UInt8]
    {
        guard count <= WorkerFrame.payloadBytesMaximum else {
            throw ServingError(
                .requestTooLarge,
                "a message of \(count) bytes does not fit between server and worker, where "
                    + "\(WorkerFrame.payloadBytesMaximum) do")
        }
        let length = UInt32(count)
        bytes.withUnsafeMutableBytes { head in
            head.storeBytes(of: length.littleEndian, as: UInt32.self)
            head.storeBytes(of: kind.rawValue.littleEndian, toByteOffset: 4, as: UInt16.self)
            head.storeBytes(
                of: WorkerFrame.protocolVersion.littleEndian, toByteOffset: 6, as: UInt16.self)
            head.storeBytes(of: sequence.littleEndian, toByteOffset: 8, as: UInt64.self)
        }
        return bytes
    }
}
