public import ServingCore

extension Tensor {
    /// Joins tensors of one type along the outermost dimension; the inner dimensions must be equal.
    ///
    /// A single tensor is returned as it is; otherwise the bytes are copied once.
    ///
    /// - Throws: `invalid_tensor` when types or inner dimensions differ, a tensor is a scalar, or the
    ///   result is too large; `internal` for an empty list.
    public static func concatenatingRows(_ tensors: [Tensor]) throws(ServingError) -> Tensor {
        guard let first = tensors.first else {
            throw ServingError(.internalError, "no tensors to concatenate")
        }
        if tensors.count == 1 { return first }
        var rows = 0
        var byteCount = 0
        for tensor in tensors {
            guard tensor.elementType == first.elementType,
                let leading = tensor.shape.leadingDimension,
                tensor.shape.dimensions.dropFirst() == first.shape.dimensions.dropFirst()
            else {
                throw ServingError(
                    .invalidTensor,
                    "\(tensor.elementType) \(tensor.shape) cannot be joined to \(first.elementType) \(first.shape)"
                )
            }
            rows += leading
            byteCount += tensor.storage.count
        }
        let shape = try first.shape.replacingLeadingDimension(with: rows)
        let memory = try TensorMemory.allocate(byteCount: byteCount)
        var offset = 0
        for tensor in tensors {
            tensor.storage.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: memory.bytes[offset...]).copyMemory(
                    from: bytes)
                offset += bytes.count
            }
        }
        return Tensor(trusted: first.elementType, shape, memory.freeze())
    }

    /// Cuts the tensor along the outermost dimension into parts of the given numbers of rows.
    ///
    /// The parts share this tensor's storage; nothing is copied.
    ///
    /// - Throws: `invalid_tensor` when the tensor is a scalar or the rows do not add up.
    public func splittingRows(_ rows: [Int]) throws(ServingError) -> [Tensor] {
        let total = rows.reduce(0, +)
        guard let leading = shape.leadingDimension, leading == total, rows.allSatisfy({ $0 >= 0 })
        else {
            throw ServingError(
                .invalidTensor, "\(elementType) \(shape) cannot be cut into rows \(rows)")
        }
        if rows.count == 1 { return [self] }
        let perRow = shape.elementsPerRow
        let offsets =
            elementType == .bytes
            ? BytesElements.rowOffsets(in: self, rows: total, perRow: perRow) : nil
        let rowBytes = perRow * (elementType.byteWidth ?? 0)
        var parts: [Tensor] = []
        parts.reserveCapacity(rows.count)
        var row = 0
        for count in rows {
            let end = row + count
            let range = offsets.map { $0[row]..<$0[end] } ?? row * rowBytes..<end * rowBytes
            let part = try shape.replacingLeadingDimension(with: count)
            parts.append(Tensor(trusted: elementType, part, storage.slice(range)))
            row = end
        }
        return parts
    }

    /// An all-zero tensor; BYTES elements are empty strings.
    ///
    /// - Throws: `invalid_tensor` when it would be too large; `resource_exhausted` without memory.
    public static func zeros(_ elementType: ElementType, _ shape: Shape) throws(ServingError)
        -> Tensor
    {
        // An empty string is a length of zero, so zero bytes are right for BYTES as well.
        let width = elementType.byteWidth ?? BytesElements.lengthPrefixBytes
        let (count, overflow) = shape.elementCount.multipliedReportingOverflow(by: width)
        let memory = try TensorMemory.allocate(byteCount: overflow ? .max : count)
        memory.bytes.initializeMemory(as: UInt8.self, repeating: 0)
        return Tensor(trusted: elementType, shape, memory.freeze())
    }
}
