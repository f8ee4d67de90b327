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
        prepareSlots(input, missing: missing, into: row + 1, stride: 1)
    }

    /// Prepares the values of a row's slots, which lie `stride` values apart.
    @inline(__always)
    func prepareSlots<Input: BinaryFloatingPoint>(
        _ input: UnsafePointer<Input>, missing: Scalar, into row: UnsafeMutablePointer<Scalar>,
        stride: Int
    ) {
        let flushes = flushesTiny
        let tiny = Scalar(Self.tiny)
        slots.withUnsafeBufferPointer { slots in
            for index in 0..<slots.count {
                let slot = slots[index]
                var value = Scalar(input[Int(slot.feature)])
                if value == missing { value = .nan }
                if flushes { value = value.magnitude <= tiny ? 0 : value }
                // Most forests have but the first two kinds, which a product tells apart exactly.
                row[index &* stride] = value * slot.sign
            }
        }
        guard hasRareSlots else { return }
        for (index, slot) in slots.enumerated() {
            let place = index * stride
            let value = row[place]
            switch slot.kind {
            case .plain, .negated: break
            case .nanAsZero: if value.isNaN { row[place] = 0 }
            case .zeroAsNaN, .zeroAsNaNNegated: if value == 0 { row[place] = .nan }
            }
        }
    }

    /// LightGBM takes values up to this for 0: its `kZeroThreshold`, a binary32.
    private static var tiny: Float { 1e-35 }

    /// One step of a walk between numbers, for a node without categories.
    @inline(__always)
    func step(_ index: UInt32, _ row: UnsafeRawPointer, _ isInside: inout UInt32) -> UInt32 {
        let node = node(at: index)
        isInside |= node.slot
        let value = row.load(fromByteOffset: Int(node.slot), as: Scalar.self)
        // Without a branch, which half of all steps would guess wrong: a Bool's byte is 0 or 1.
        let isSecond = UInt32(unsafeBitCast(!(value <= node.value), to: UInt8.self))
        return node.child &+ isSecond
    }

    /// The number of the leaf that a row comes to.
    @inline(__always)
    func leaf(of tree: TreePlace, _ row: UnsafeRawPointer) -> UInt32 {
        var index = tree.root
        while true {
            let node = node(at: index)
            if node.slot == 0 { return index }
            index = next(node, row)
        }
    }

    /// The child that a row goes to from a split of any kind.
    @inline(__always)
    func next(_ node: ForestNode<Scalar>, _ row: UnsafeRawPointer) -> UInt32 {
        next(node, row.load(fromByteOffset: Int(node.slot & ~3), as: Scalar.self))
    }

    /// The child that a value leads to from a split of any kind.
    @inline(__always)
    func next(_ node: ForestNode<Scalar>, _ value: Scalar) -> UInt32 {
        let flags = node.slot & 3
        let isFirst = flags == 0 ? value <= node.value : isInSet(value, node, flags)
        return node.child &+ (isFirst ? 0 : 1)
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
