public import ServingCore

/// The records of a CSV file (RFC 4180): every record has as many fields as the first.
///
/// Quoted fields may hold separators, line breaks and doubled quotes. Lines may end in CR LF or LF;
/// empty lines between records are skipped.
public struct CSVTable: Sendable {
    /// A field with what an error needs to find it.
    struct Field: Sendable {
        var text: String
        var isQuoted: Bool
    }

    /// The fields, record by record.
    private(set) var records: [[Field]] = []
    /// The line in the file on which each record starts, from 1.
    private(set) var lines: [Int] = []

    /// Splits a file.
    ///
    /// - Throws: `invalid_request` naming the line, for a quote out of place, a field that is not
    ///   closed, text that is not UTF-8 or a record of another length.
    public init(_ bytes: [UInt8], separator: UInt8 = 0x2C) throws(ServingError) {
        var scanner = CSVScanner(bytes, separator: separator)
        while let (record, line) = try scanner.nextRecord() {
            if let first = records.first, first.count != record.count {
                throw ServingError(
                    .invalidRequest,
                    "line \(line) has \(record.count) fields where line \(lines[0]) has "
                        + "\(first.count); every row needs the same number")
            }
            records.append(record)
            lines.append(line)
        }
        guard !records.isEmpty else {
            throw ServingError(.invalidRequest, "the file has no rows")
        }
    }
}

/// Walks over the bytes of a CSV file.
private struct CSVScanner {
    private let bytes: [UInt8]
    private let separator: UInt8
    private var index: Int
    private var line = 1

    private static let quote = UInt8(ascii: "\"")
    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    init(_ bytes: [UInt8], separator: UInt8) {
        self.bytes = bytes
        self.separator = separator
        index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    private enum End {
        case field, record
    }

    mutating func nextRecord() throws(ServingError) -> (record: [CSVTable.Field], line: Int)? {
        while skipLineEnd() {}
        guard index < bytes.count else { return nil }
        let start = line
        var record: [CSVTable.Field] = []
        while true {
            let isQuoted = index < bytes.count && bytes[index] == Self.quote
            record.append(try isQuoted ? quotedField() : plainField())
            switch try endOfField() {
            case .field: continue
            case .record: return (record, start)
            }
        }
    }

    /// Steps over a line end; false when there is none here.
    private mutating func skipLineEnd() -> Bool {
        guard index < bytes.count else { return false }
        if bytes[index] == Self.newline {
            index += 1
        } else if bytes[index] == Self.carriageReturn, index + 1 < bytes.count,
            bytes[index + 1] == Self.newline
        {
            index += 2
        } else {
            return false
        }
        line += 1
        return true
    }

    private mutating func endOfField() throws(ServingError) -> End {
        if index >= bytes.count || skipLineEnd() { return .record }
        guard bytes[index] == separator else {
            throw ServingError(
                .invalidRequest,
                "line \(line): there is text behind a quoted field; write a quote inside it twice")
        }
        index += 1
        return .field
    }

    private mutating func plainField() throws(ServingError) -> CSVTable.Field {
        let start = index
        while index < bytes.count, bytes[index] != separator, bytes[index] != Self.newline {
            if bytes[index] == Self.quote {
                throw ServingError(
                    .invalidRequest,
                    "line \(line): there is a quote inside a field; put the whole field in quotes "
                        + "and write the quote twice")
            }
            index += 1
        }
        var end = index
        let isAtLineEnd = index >= bytes.count || bytes[index] == Self.newline
        if isAtLineEnd, end > start, bytes[end - 1] == Self.carriageReturn {
            end -= 1
            // The line end is CR LF: leave both for `skipLineEnd`.
            if index < bytes.count { index = end }
        }
        return CSVTable.Field(text: try text(bytes[start..<end]), isQuoted: false)
    }

    private mutating func quotedField() throws(ServingError) -> CSVTable.Field {
        let start = line
        var content: [UInt8] = []
        index += 1
        while index < bytes.count {
            let byte = bytes[index]
            if byte == Self.quote {
                index += 1
                guard index < bytes.count, bytes[index] == Self.quote else {
                    return CSVTable.Field(text: try text(content[...]), isQuoted: true)
                }
            } else if byte == Self.newline {
                line += 1
            }
            content.append(byte)
            index += 1
        }
        throw ServingError(
            .invalidRequest, "line \(start): a quoted field is not closed before the file ends")
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws(ServingError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ServingError(.invalidRequest, "line \(line) is not UTF-8")
        }
        return text
    }
}
