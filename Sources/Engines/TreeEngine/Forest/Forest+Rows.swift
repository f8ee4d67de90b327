extension Forest {
    /// Prepares a row for walking: slot 0 holds NaN, the others the input's values as splits want
    /// them.
    ///
    /// - Parameters:
    ///   - input: The row, with as many values as the model has features.
    ///   - missing: A value that stands for a missing one; NaN for none besides NaN.
    ///   - row: Room for `rowWidth` values.
    @inline(__always)
    func prepare<Input: BinaryFloatingPoint>(
        _ input: UnsafePointer<Input>, missing: Scalar, into row: UnsafeMutablePointer<Scalar>
    ) {
        row[0] = .nan
        slots.withUnsafeBufferPointer { slots in
            for index in 0..<slots.count {
                let slot = slots[index]
                var value = Scalar(input[Int(slot.feature)])
                if value == missing { value = .nan }
                if flushesTiny, value.magnitude <= Scalar(Self.tiny) { value = 0 }
                switch slot.kind {
                case .plain: break
                case .negated: value = -value
                case .nanAsZero: if value.isNaN { value = 0 }
                case .zeroAsNaN: if value == 0 { value = .nan }
                case .zeroAsNaNNegated: value = value == 0 ? .nan : -value
                }
                row[index + 1] = value
            }
        }
    }

    /// LightGBM takes values up to this for 0: its `kZeroThreshold`, a binary32.
    private static var tiny: Float { 1e-35 }

    /// One step of a walk between numbers, for a node without categories.
    @inline(__always)
    func step(_ offset: UInt32, _ row: UnsafeRawPointer, _ isInside: inout UInt32) -> UInt32 {
        let node = node(at: offset)
        isInside |= node.slot
        let value = row.load(fromByteOffset: Int(node.slot), as: Scalar.self)
        return node.child &+ (value <= node.value ? 0 : ForestNode<Scalar>.stride)
    }

    /// The leaf that a row comes to, in bytes from the first node.
    @inline(__always)
    func leaf(of tree: TreePlace, _ row: UnsafeRawPointer) -> UInt32 {
        var offset = tree.root
        while true {
            let node = node(at: offset)
            if node.slot == 0 { return offset }
            offset = next(node, row)
        }
    }

    /// The child that a row goes to from a split of any kind.
    @inline(__always)
    func next(_ node: ForestNode<Scalar>, _ row: UnsafeRawPointer) -> UInt32 {
        let flags = node.slot & 3
        let value = row.load(fromByteOffset: Int(node.slot - flags), as: Scalar.self)
        let isFirst = flags == 0 ? value <= node.value : isInSet(value, node, flags)
        return node.child &+ (isFirst ? 0 : ForestNode<Scalar>.stride)
    }

    @inline(never)
    private func isInSet(_ value: Scalar, _ node: ForestNode<Scalar>, _ flags: UInt32) -> Bool {
        if value.isNaN { return flags & ForestNode<Scalar>.missingFirstFlag != 0 }
        // Both libraries cut the fraction off, so that what lies between -1 and 0 is category 0 for
        // LightGBM; for XGBoost what is below 0 is in no set.
        guard value > (flushesTiny ? -1 : Scalar(-0.0).nextDown), value < 2_147_483_648 else {
            return false
        }
        if !flushesTiny, value >= 16_777_216 { return false }
        return categories.contains(UInt32(value.magnitude), set: node.value.number)
    }
}
