public import Tensors

/// A number on its way from a file into a tensor, exact for every integer of 64 bits.
public enum Number: Hashable, Sendable {
    case signed(Int64)
    case unsigned(UInt64)
    case real(Double)

    /// Reads a number as it stands in a table; nil when it is none of the kind that the type wants.
    public init?(_ text: Substring, as type: ElementType) {
        guard text.utf8.count <= 400 else { return nil }
        if type == .bool {
            switch text.lowercased() {
            case "true", "1": self = .signed(1)
            case "false", "0": self = .signed(0)
            default: return nil
            }
            return
        }
        guard type.isFloatingPoint else {
            if let value = Int64(text) {
                self = .signed(value)
            } else if let value = UInt64(text) {
                self = .unsigned(value)
            } else {
                return nil
            }
            return
        }
        // Swift reads hexadecimal floats too, which no table means.
        guard !text.utf8.contains(where: { $0 | 0x20 == 0x78 || $0 | 0x20 == 0x70 }),
            let value = Double(text),
            // Digits that are too large are read as infinity, which they do not say.
            value.isFinite || !text.utf8.contains(where: { (0x30...0x39).contains($0) })
        else { return nil }
        self = .real(value)
    }

    /// Stores the number; false when the type cannot hold it.
    ///
    /// Floating-point types round, within their range; integers must fit, and are never made from fractions.
    public func store(
        as type: ElementType, at index: Int, in bytes: UnsafeMutableRawBufferPointer
    ) -> Bool {
        switch type {
        case .bool: store(UInt8.self, index, bytes) { $0 <= 1 }
        case .uint8: store(UInt8.self, index, bytes)
        case .uint16: store(UInt16.self, index, bytes)
        case .uint32: store(UInt32.self, index, bytes)
        case .uint64: store(UInt64.self, index, bytes)
        case .int8: store(Int8.self, index, bytes)
        case .int16: store(Int16.self, index, bytes)
        case .int32: store(Int32.self, index, bytes)
        case .int64: store(Int64.self, index, bytes)
        case .float16: put(Float16(double), index, bytes, fits: Float16(double).isFinite)
        case .bfloat16:
            put(Self.bfloat16(Float(double)), index, bytes, fits: Float(double).isFinite)
        case .float32: put(Float(double), index, bytes, fits: Float(double).isFinite)
        case .float64: put(double, index, bytes)
        case .bytes: false
        }
    }

    private var double: Double {
        switch self {
        case .signed(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .real(let value): value
        }
    }

    private func store<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, _ index: Int, _ bytes: UnsafeMutableRawBufferPointer,
        where isAllowed: (Value) -> Bool = { _ in true }
    ) -> Bool {
        let exact: Value? =
            switch self {
            case .signed(let value): Value(exactly: value)
            case .unsigned(let value): Value(exactly: value)
            case .real: nil
            }
        guard let exact, isAllowed(exact) else { return false }
        return put(exact, index, bytes)
    }

    private func put<Value: BitwiseCopyable>(
        _ value: Value, _ index: Int, _ bytes: UnsafeMutableRawBufferPointer, fits: Bool = true
    ) -> Bool {
        // A finite number must not become infinite; those that are not finite stay what they are.
        guard fits || !double.isFinite else { return false }
        bytes.storeBytes(
            of: value, toByteOffset: index * MemoryLayout<Value>.stride, as: Value.self)
        return true
    }

    /// The upper half of a float, rounded to nearest, ties to even; NaN stays NaN.
    private static func bfloat16(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        if value.isNaN { return UInt16(bits >> 16) | 0x40 }
        return UInt16((bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
    }
}
