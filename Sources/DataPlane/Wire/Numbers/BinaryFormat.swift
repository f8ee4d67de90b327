/// The shape of an IEEE 754 binary interchange format (or of bfloat16).
///
/// A finite number is `significand * 2^exponent` with at most `significandBits` bits.
protocol BinaryFormat {
    /// Bits of the significand, the hidden one among them.
    static var significandBits: Int { get }
    /// The exponent of the last significand bit of the smallest numbers.
    static var exponentMinimum: Int { get }
    /// The bit pattern of positive infinity.
    static var infinityBits: UInt64 { get }
}

/// binary16.
enum Float16Format: BinaryFormat {
    static var significandBits: Int { 11 }
    static var exponentMinimum: Int { -24 }
    static var infinityBits: UInt64 { 0x7C00 }
}

/// The upper half of binary32.
enum BFloat16Format: BinaryFormat {
    static var significandBits: Int { 8 }
    static var exponentMinimum: Int { -133 }
    static var infinityBits: UInt64 { 0x7F80 }
}

/// binary32.
enum Float32Format: BinaryFormat {
    static var significandBits: Int { 24 }
    static var exponentMinimum: Int { -149 }
    static var infinityBits: UInt64 { 0x7F80_0000 }
}

/// binary64.
enum Float64Format: BinaryFormat {
    static var significandBits: Int { 53 }
    static var exponentMinimum: Int { -1074 }
    static var infinityBits: UInt64 { 0x7FF0_0000_0000_0000 }
}
