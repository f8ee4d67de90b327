import NIOCore
public import ServingCore

extension JSONWriter {
    /// Writes the name of a member.
    public mutating func key(_ name: StaticString) {
        prefix()
        name.withUTF8Buffer { writeQuoted(UnsafeRawBufferPointer($0)) }
    }

    /// Writes the name of a member.
    public mutating func key(_ name: String) { string(name) }

    /// Writes a string.
    public mutating func string(_ text: String) {
        prefix()
        var text = text
        text.withUTF8 { writeQuoted(UnsafeRawBufferPointer($0)) }
    }

    /// Writes a string that is already UTF-8, or should be.
    ///
    /// - Throws: `engine_failed` for bytes that are no UTF-8, unless the options replace them.
    public mutating func string(utf8 bytes: UnsafeRawBufferPointer) throws(ServingError) {
        if UTF8Check.isValid(bytes) {
            prefix()
            writeQuoted(bytes)
            return
        }
        guard options.invalidUTF8 == .replace else {
            throw ServingError(
                .engineFailed,
                "a string of \(bytes.count) bytes in the output is not UTF-8, so JSON cannot hold"
                    + " it; ask for binary output")
        }
        string(String(decoding: bytes, as: UTF8.self))
    }

    /// Writes bytes as a string in base64.
    public mutating func base64(_ bytes: UnsafeRawBufferPointer) {
        prefix()
        let count = Base64.encodedCount(bytes.count)
        write(atMost: count + 2) { out in
            out[0] = UInt8(ascii: "\"")
            Base64.encode(bytes, to: out + 1)
            out[count + 1] = UInt8(ascii: "\"")
            return out + count + 2
        }
    }

    /// Writes an integer.
    public mutating func integer(_ value: some FixedWidthInteger) {
        prefix()
        let powers = powers
        let magnitude = UInt64(truncatingIfNeeded: value.magnitude)
        write(atMost: NumberText.bytesMaximum) {
            NumberText.integer(magnitude: magnitude, isNegative: value < 0, powers, to: $0)
        }
    }

    /// Writes `true` or `false`.
    public mutating func boolean(_ value: Bool) { raw(value ? "true" : "false") }

    /// Writes `null`.
    public mutating func null() { raw("null") }

    /// Writes a binary64 number.
    ///
    /// - Throws: `engine_failed` for NaN and infinities, unless the options have words for them.
    public mutating func number(_ value: Double) throws(ServingError) {
        prefix()
        let sign = value.sign == .minus
        try writeFloat(Float64Format.self, value.magnitude.bitPattern, sign)
    }

    /// Writes a binary32 number.
    ///
    /// - Throws: `engine_failed` for NaN and infinities, unless the options have words for them.
    public mutating func number(_ value: Float) throws(ServingError) {
        prefix()
        let sign = value.sign == .minus
        try writeFloat(Float32Format.self, UInt64(value.magnitude.bitPattern), sign)
    }

    /// Writes a value that is JSON already.
    mutating func raw(_ text: String) {
        prefix()
        buffer.writeString(text)
    }

    @inline(__always)
    private mutating func writeFloat<Format: BinaryFormat>(
        _ format: Format.Type, _ bits: UInt64, _ isNegative: Bool
    ) throws(ServingError) {
        if bits >= Format.infinityBits { try Self.checkNonFinite(options) }
        let (options, powers) = (options, powers)
        write(atMost: NumberText.bytesMaximum) {
            Self.float(format, bits, isNegative, options, powers, to: $0)
        }
    }

    /// Writes a number, finite or not, at `out`.
    @inline(__always)
    static func float<Format: BinaryFormat>(
        _ format: Format.Type, _ bits: UInt64, _ isNegative: Bool, _ options: Options,
        _ powers: PowersOfTen, to out: NumberText.Output
    ) -> NumberText.Output {
        if bits >= Format.infinityBits {
            if options.nonFinite == .null { return NumberText.literal("null", to: out) }
            if bits > Format.infinityBits { return NumberText.literal("NaN", to: out) }
            return NumberText.literal(isNegative ? "-Infinity" : "Infinity", to: out)
        }
        switch options.floatFormat {
        case .shortest:
            return NumberText.shortest(
                format, bits: bits, isNegative: isNegative, powers, to: out)
        case .tensorFlowServing:
            return NumberText.tensorFlowServing(
                format, bits: bits, isNegative: isNegative, powers, to: out)
        }
    }

    static func checkNonFinite(_ options: Options) throws(ServingError) {
        guard options.nonFinite != .refuse else {
            throw ServingError(
                .engineFailed,
                "the output holds NaN or an infinity, which JSON has no number for;"
                    + " ask for binary output")
        }
    }

    /// Gives `body` room for `count` bytes and takes those up to the end that it returns.
    @inline(__always)
    mutating func write(
        atMost count: Int, _ body: (UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8>
    ) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
                return 0
            }
            return body(start) - start
        }
    }
}
