import ServingCore
import Tensors

/// Reads elements of one type, one by one or a list of them, into growing memory.
struct JSONElementReader {
    let type: ElementType
    let options: JSONTensorReader.Options
    let memory: GrowableMemory
    let powers = PowersOfTen.shared

    /// Starts with memory for a document of which `remaining` bytes are left.
    ///
    /// - Throws: `resource_exhausted`.
    init(_ type: ElementType, _ options: JSONTensorReader.Options, remaining: Int)
        throws(ServingError)
    {
        self.type = type
        self.options = options
        // Ten characters a number is common; whatever is missing is added as it comes.
        memory = try GrowableMemory(estimate: remaining / 10 * (type.byteWidth ?? 10))
    }

    /// Reads one value, which is no array.
    ///
    /// - Throws: `invalid_tensor` for another type, out of range or too many elements;
    ///   `invalid_request` for bad JSON.
    func readElement(from scanner: inout JSONScanner) throws(ServingError) {
        switch type {
        case .float32: try one(FloatLeaf<Float32Format, UInt32>.self, &scanner)
        case .float64: try one(FloatLeaf<Float64Format, UInt64>.self, &scanner)
        case .float16: try one(FloatLeaf<Float16Format, UInt16>.self, &scanner)
        case .bfloat16: try one(FloatLeaf<BFloat16Format, UInt16>.self, &scanner)
        case .int8: try one(IntegerLeaf<Int8>.self, &scanner)
        case .int16: try one(IntegerLeaf<Int16>.self, &scanner)
        case .int32: try one(IntegerLeaf<Int32>.self, &scanner)
        case .int64: try one(IntegerLeaf<Int64>.self, &scanner)
        case .uint8: try one(IntegerLeaf<UInt8>.self, &scanner)
        case .uint16: try one(IntegerLeaf<UInt16>.self, &scanner)
        case .uint32: try one(IntegerLeaf<UInt32>.self, &scanner)
        case .uint64: try one(IntegerLeaf<UInt64>.self, &scanner)
        case .bool: try one(BooleanLeaf.self, &scanner)
        case .bytes: try readBytes(from: &scanner)
        }
    }

    /// Reads the rest of an array whose `[` has been read and that begins with no array; returns how
    /// many elements it had. Stops, with fewer read, in front of an element that is an array.
    ///
    /// - Throws: as `readElement`.
    func readList(from scanner: inout JSONScanner) throws(ServingError) -> Int {
        switch type {
        case .float32: try list(FloatLeaf<Float32Format, UInt32>.self, &scanner)
        case .float64: try list(FloatLeaf<Float64Format, UInt64>.self, &scanner)
        case .float16: try list(FloatLeaf<Float16Format, UInt16>.self, &scanner)
        case .bfloat16: try list(FloatLeaf<BFloat16Format, UInt16>.self, &scanner)
        case .int8: try list(IntegerLeaf<Int8>.self, &scanner)
        case .int16: try list(IntegerLeaf<Int16>.self, &scanner)
        case .int32: try list(IntegerLeaf<Int32>.self, &scanner)
        case .int64: try list(IntegerLeaf<Int64>.self, &scanner)
        case .uint8: try list(IntegerLeaf<UInt8>.self, &scanner)
        case .uint16: try list(IntegerLeaf<UInt16>.self, &scanner)
        case .uint32: try list(IntegerLeaf<UInt32>.self, &scanner)
        case .uint64: try list(IntegerLeaf<UInt64>.self, &scanner)
        case .bool: try list(BooleanLeaf.self, &scanner)
        case .bytes: try bytesList(&scanner)
        }
    }

    /// `JSON Value: … Type: … is not of expected type: …`, as TensorFlow Serving has it.
    func typeError(_ scanner: JSONScanner) -> ServingError {
        ServingError(
            .invalidTensor,
            "JSON Value: \(scanner.valueDescription()) Type: \(scanner.typeName())"
                + " is not of expected type: \(type.tensorFlowName)")
    }
}

extension JSONElementReader {
    @inline(__always)
    private func one<Leaf: JSONLeaf>(_ leaf: Leaf.Type, _ scanner: inout JSONScanner)
        throws(ServingError)
    {
        scanner.skipWhiteSpace()
        let place = scanner
        guard let element = try Leaf.careful(&scanner, powers) else { throw typeError(place) }
        let width = MemoryLayout<Leaf.Element>.size
        try memory.reserve(width)
        (memory.start + memory.count).storeBytes(of: element, as: Leaf.Element.self)
        memory.count += width
    }

    @inline(never)
    private func list<Leaf: JSONLeaf>(_ leaf: Leaf.Type, _ scanner: inout JSONScanner)
        throws(ServingError) -> Int
    {
        var count = 0
        while true {
            count += try quickRun(leaf, &scanner)
            guard try scanner.nextElement() else { return count }
            scanner.skipWhiteSpace()
            // The caller knows what an array among the elements means.
            if scanner.current == UInt8(ascii: "[") { return count }
            try one(leaf, &scanner)
            count += 1
        }
    }

    /// Reads elements, each with the comma before it, for as long as nothing is unusual; returns how
    /// many. Leaves the scanner behind an element, or where it was.
    @inline(__always)
    private func quickRun<Leaf: JSONLeaf>(_ leaf: Leaf.Type, _ scanner: inout JSONScanner)
        throws(ServingError) -> Int
    {
        guard scanner.remaining > QuickDecimal.window + 2 else { return 0 }
        let limit = scanner.end - (QuickDecimal.window + 2)
        let powers = powers
        let width = MemoryLayout<Leaf.Element>.stride
        var place = scanner.position
        var isFirst = scanner.isAtContainerStart
        var element: Leaf.Element = 0
        var output = memory.start + memory.count
        var room = (memory.capacity - memory.count) / width
        var count = 0
        while place < limit {
            var next = place
            if !isFirst {
                guard next.pointee == UInt8(ascii: ",") else { break }
                next += 1
                next += next.pointee == UInt8(ascii: " ") ? 1 : 0
            }
            if next.pointee <= 0x20 {
                next = JSONScanner.behindWhiteSpace(next, limit)
                guard next < limit else { break }
            }
            guard let end = Leaf.quick(next, &element, powers) else { break }
            if room == 0 {
                memory.count = output - memory.start
                try memory.reserve(width)
                output = memory.start + memory.count
                room = (memory.capacity - memory.count) / width
            }
            output.storeBytes(of: element, as: Leaf.Element.self)
            output += width
            room -= 1
            isFirst = false
            place = end
            count += 1
        }
        memory.count = output - memory.start
        if count > 0 { scanner.moveBehindElement(to: place) }
        return count
    }

    private func bytesList(_ scanner: inout JSONScanner) throws(ServingError) -> Int {
        var count = 0
        while try scanner.nextElement() {
            scanner.skipWhiteSpace()
            if scanner.current == UInt8(ascii: "[") { return count }
            try readBytes(from: &scanner)
            count += 1
        }
        return count
    }

    /// A string, or `{"b64": "…"}` where the options allow it.
    private func readBytes(from scanner: inout JSONScanner) throws(ServingError) {
        switch try scanner.peekKind() {
        case .string:
            let text = try scanner.scanString()
            try appendBytes(countMaximum: text.count) { text.unescape(to: $0) }
        case .object where options.acceptsBase64Objects:
            guard scanner.isBase64Object else {
                throw ServingError(
                    .invalidTensor,
                    "JSON Value: \(scanner.valueDescription())"
                        + " not formatted correctly for base64 data")
            }
            try scanner.enter()
            _ = try scanner.nextKey()
            scanner.skipWhiteSpace()
            let decoded = try Base64.decode(try scanner.scanString(), .tensorFlowServing)
            _ = try scanner.nextKey()
            try appendBytes(countMaximum: decoded.count) { output in
                output.update(from: decoded, count: decoded.count)
                return decoded.count
            }
        default: throw typeError(scanner)
        }
    }

    private func appendBytes(
        countMaximum: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int
    ) throws(ServingError) {
        let prefix = BytesElements.lengthPrefixBytes
        try memory.reserve(prefix + countMaximum)
        let place = memory.start + memory.count
        let count = write((place + prefix).assumingMemoryBound(to: UInt8.self))
        guard let length = UInt32(exactly: count) else {
            throw ServingError(
                .invalidTensor, "a string of \(count) bytes is longer than \(UInt32.max) bytes")
        }
        place.storeBytes(of: length.littleEndian, as: UInt32.self)
        memory.count += prefix + count
    }
}
