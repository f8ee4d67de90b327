import Wire

/// Parses text protobuf.
///
/// What is accepted must come back the same after it is written plainly and parsed again, but for
/// positions; numbers that are whole must be numbers, too.
public func fuzzTextProtobuf(_ bytes: UnsafeRawBufferPointer) {
    guard let message = try? TextProtobufParser.message(of: Array(bytes)) else { return }
    var text: [UInt8] = []
    write(message, into: &text)
    guard let again = try? TextProtobufParser.message(of: text) else {
        // Written plainly, a text may grow beyond what is read.
        return promise(text.count > 4 << 20, "what was written can be parsed")
    }
    var second: [UInt8] = []
    write(again, into: &second)
    promise(text == second, "the message comes back")
}

private func write(_ message: TextProtobufMessage, into text: inout [UInt8]) {
    for field in message.fields {
        let name = field.isBracketed ? "[\(field.name)]" : field.name
        text += Array((name + ": ").utf8)
        write(field.value, into: &text)
        text.append(0x0A)
    }
}

private func write(_ value: TextProtobufValue, into text: inout [UInt8]) {
    switch value {
    case .message(let message):
        text.append(UInt8(ascii: "{"))
        write(message, into: &text)
        text.append(UInt8(ascii: "}"))
    case .list(let values, _):
        text.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            write(value, into: &text)
        }
        text.append(UInt8(ascii: "]"))
    case .scalar(let scalar):
        guard scalar.kind == .string else {
            if scalar.integer != nil { promise(scalar.number != nil, "a whole number is a number") }
            text += scalar.bytes
            return
        }
        text.append(UInt8(ascii: "'"))
        for byte in scalar.bytes {
            let digits = String(byte, radix: 8)
            text += Array(("\\" + String(repeating: "0", count: 3 - digits.count) + digits).utf8)
        }
        text.append(UInt8(ascii: "'"))
    }
}
