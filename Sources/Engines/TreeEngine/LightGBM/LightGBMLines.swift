import EngineDocuments
import ServingCore

/// The lines of a LightGBM model, one after the other.
struct LightGBMLines {
    private let bytes: UnsafeRawBufferPointer
    /// Where the next line begins.
    private(set) var position = 0
    /// The number of the line last read, from 1.
    private(set) var number = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next line without its end; nil after the last.
    mutating func next() -> Line? {
        guard position < bytes.count else { return nil }
        let start = position
        var end = start
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        position = end + 1
        number += 1
        if end > start, bytes[end - 1] == 0x0D { end -= 1 }
        return Line(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), number: number)
    }

    /// One line.
    struct Line {
        let bytes: UnsafeRawBufferPointer
        let number: Int

        /// Whether it begins so.
        func hasPrefix(_ prefix: StaticString) -> Bool {
            let count = prefix.utf8CodeUnitCount
            guard bytes.count >= count else { return false }
            for index in 0..<count where bytes[index] != prefix.utf8Start[index] { return false }
            return true
        }

        /// The text.
        var text: String { String(decoding: bytes, as: UTF8.self) }

        /// What stands before and behind the first `=`; nothing behind it where there is none.
        var field: (name: String, value: Line) {
            let cut = bytes.firstIndex(of: UInt8(ascii: "=")) ?? bytes.count
            let name = String(decoding: bytes[..<cut], as: UTF8.self)
            let rest = UnsafeRawBufferPointer(rebasing: bytes[min(cut + 1, bytes.count)...])
            return (name, Line(bytes: rest, number: number))
        }

        func failure(_ words: String) -> ServingError {
            ServingError(.modelInvalid, "\(words) in line \(number)")
        }

        /// One integer.
        func integer() throws(ServingError) -> Int {
            guard let value = Int(text) else {
                throw failure("'\(text.clipped(to: 32))', not an integer,")
            }
            return value
        }

        /// Exactly so many numbers, with spaces between them.
        func doubles(_ count: Int) throws(ServingError) -> [Double] {
            try values(count) { (reader) throws(ServingError) in try reader.readDouble() }
        }

        /// Exactly so many integers of one type, with spaces between them.
        func integers<Value: FixedWidthInteger>(
            _ count: Int, _: Value.Type = Value.self
        ) throws(ServingError) -> [Value] {
            let line = self
            return try values(count) { (reader) throws(ServingError) in
                let integer = try reader.readInteger()
                guard let value = Value(exactly: integer) else {
                    throw line.failure("\(integer), which is out of range,")
                }
                return value
            }
        }

        private func values<Value>(
            _ count: Int, _ read: (inout JSONReader) throws(ServingError) -> Value
        ) throws(ServingError) -> [Value] {
            // Each takes a digit and a space at least.
            guard count >= 0, count <= bytes.count + 1 else {
                throw failure("no \(count) values")
            }
            var reader = JSONReader(bytes)
            var values: [Value] = []
            values.reserveCapacity(count)
            while reader.offset < bytes.count, values.count <= count {
                if bytes[reader.offset] == 0x20 {
                    // A space may end the line.
                    guard reader.offset + 1 < bytes.count else { break }
                } else if !values.isEmpty {
                    throw failure("no space between two values")
                }
                do throws(ServingError) {
                    values.append(try read(&reader))
                } catch {
                    throw error.inContext("line \(number)")
                }
            }
            guard values.count == count else {
                throw failure("\(values.count) values in the place of \(count)")
            }
            return values
        }
    }
}
