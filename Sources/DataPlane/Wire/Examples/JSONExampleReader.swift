import NIOCore
public import ServingCore

/// Turns examples written as JSON objects into serialised `tensorflow.Example` messages, with the
/// rules and the words of TensorFlow Serving (`json_tensor.cc`).
///
/// Integers become an `Int64List`, numbers with a fraction or an exponent a `FloatList`, strings and
/// `{"b64": ...}` a `BytesList`, and booleans an `Int64List` of 0 and 1.
public struct JSONExampleReader {
    private var buffer = ByteBuffer()
    private var context: Range<Int>?
    private var examples: [Range<Int>] = []

    /// Starts without examples.
    public init() {}

    /// Reads the object that every example inherits from.
    ///
    /// - Throws: `invalid_tensor` for another kind of value or features that cannot be;
    ///   `invalid_request` for bad JSON.
    public mutating func readContext(from scanner: inout JSONScanner) throws(ServingError) {
        context = try readExample(from: &scanner)
    }

    /// Reads the next example.
    ///
    /// - Throws: as `readContext`; `request_too_large` beyond `Limits.examplesPerRequestMaximum`.
    public mutating func readNext(from scanner: inout JSONScanner) throws(ServingError) {
        guard examples.count < Limits.examplesPerRequestMaximum else {
            throw ExampleInput.tooMany
        }
        examples.append(try readExample(from: &scanner))
    }

    /// Ends with the examples.
    public consuming func finish() -> ExampleInput {
        ExampleInput(in: buffer, context: context, examples: examples)
    }

    private mutating func readExample(from scanner: inout JSONScanner) throws(ServingError)
        -> Range<Int>
    {
        guard try scanner.peekKind() == .object else {
            throw ServingError(
                .invalidTensor,
                "Example must be JSON object but got JSON \(scanner.typeName())")
        }
        let start = buffer.writerIndex
        try scanner.beginObject()
        try buffer.writeProtobuf(1) { (buffer) throws(ServingError) in
            while let key = try scanner.nextKey() {
                try buffer.writeProtobuf(1) { (buffer) throws(ServingError) in
                    let name = key.string
                    buffer.writeProtobuf(1, string: name)
                    try buffer.writeProtobuf(2) { (buffer) throws(ServingError) in
                        try JSONFeature(name: name).read(from: &scanner, into: &buffer)
                    }
                }
            }
        }
        return start..<buffer.writerIndex
    }
}

/// One feature on its way from JSON.
private struct JSONFeature {
    let name: String

    func read(from scanner: inout JSONScanner, into buffer: inout ByteBuffer)
        throws(ServingError)
    {
        guard try scanner.peekKind() == .array else {
            let kind = try kind(of: scanner)
            return try write(kind, &buffer) { (buffer) throws(ServingError) in
                try readValue(kind, from: &scanner, into: &buffer)
            }
        }
        try scanner.beginArray()
        guard try scanner.nextElement() else { return }
        let kind = try kind(of: scanner)
        try write(kind, &buffer) { (buffer) throws(ServingError) in
            repeat {
                guard try self.kind(of: scanner) == kind else {
                    let expected = kind == .bytes ? "bytes" : kind.typeName
                    throw ServingError(
                        .invalidTensor,
                        "Unexpected element type in feature: \(name.clipped()) "
                            + "expecting type: \(expected)")
                }
                try readValue(kind, from: &scanner, into: &buffer)
            } while try scanner.nextElement()
        }
    }

    /// Opens the list of a kind, packed for numbers.
    private func write(
        _ kind: ExampleFeature.Kind, _ buffer: inout ByteBuffer,
        _ body: (inout ByteBuffer) throws(ServingError) -> Void
    ) throws(ServingError) {
        try buffer.writeProtobuf(kind.rawValue) { (buffer) throws(ServingError) in
            if kind == .bytes { return try body(&buffer) }
            try buffer.writeProtobuf(1) { (buffer) throws(ServingError) in try body(&buffer) }
        }
    }

    private func readValue(
        _ kind: ExampleFeature.Kind, from scanner: inout JSONScanner, into buffer: inout ByteBuffer
    ) throws(ServingError) {
        switch kind {
        case .bytes:
            if try scanner.peekKind() == .string {
                buffer.writeProtobuf(1, string: try scanner.readString())
            } else {
                let bytes = try readBase64(from: &scanner)
                bytes.withUnsafeBytes { buffer.writeProtobuf(1, bytes: $0) }
            }
        case .float:
            let place = scanner
            let value = try scanner.readDouble()
            guard !value.isFinite || value.magnitude <= Double(Float.greatestFiniteMagnitude)
            else {
                throw ServingError(
                    .invalidTensor,
                    "Cannot convert JSON value: \(place.valueDescription()) to float without "
                        + "loss of precision.")
            }
            buffer.writeInteger(Float(value).bitPattern, endianness: .little)
        case .int64:
            buffer.writeProtobufVarint(UInt64(bitPattern: try readInteger(from: &scanner)))
        }
    }

    private func readInteger(from scanner: inout JSONScanner) throws(ServingError) -> Int64 {
        if try scanner.peekKind() == .boolean { return try scanner.readBoolean() ? 1 : 0 }
        guard let number = try scanner.scanNumber(), let value = JSONInteger<Int64>.value(number)
        else {
            throw ServingError(
                .invalidTensor,
                "Feature: \(name.clipped()) has uint64 element. Only int64 is supported.")
        }
        return value
    }

    private func readBase64(from scanner: inout JSONScanner) throws(ServingError) -> [UInt8] {
        try scanner.beginObject()
        var bytes: [UInt8] = []
        while try scanner.nextKey() != nil {
            bytes = try Base64.decode(Array(scanner.readString().utf8), .tensorFlowServing)
        }
        return bytes
    }

    /// The list that the value at the scanner's position belongs in.
    private func kind(of scanner: JSONScanner) throws(ServingError) -> ExampleFeature.Kind {
        var scanner = scanner
        switch try scanner.peekKind() {
        case .string: return .bytes
        case .boolean: return .int64
        case .object where scanner.isBase64Object: return .bytes
        case .number:
            guard let number = try scanner.scanNumber(), number.isInteger else { return .float }
            // An integer beyond 64 bits is a number with a fraction to RapidJSON.
            let fits =
                JSONInteger<UInt64>.value(number) != nil
                || JSONInteger<Int64>.value(number) != nil
            return fits ? .int64 : .float
        case .null, .object, .array:
            throw ServingError(
                .invalidTensor,
                "Feature: \(name.clipped()) has element with unexpected JSON type: "
                    + scanner.typeName())
        }
    }
}
