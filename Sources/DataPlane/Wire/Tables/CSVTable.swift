public import ServingCore

/// The records of a CSV file (RFC 4180): every record has as many fields as the first.
///
/// Quoted fields may hold separators, line breaks and doubled quotes. Lines may end in CR LF or LF;
/// empty lines between records are skipped. Fields are places in the file and become texts when they
/// are asked for: a file of one-digit fields would take fifty times its bytes otherwise.
public struct CSVTable: Sendable {
    /// Where a field's content lies in the file, without the quotes around it.
    struct Field: Sendable {
        var start: UInt32
        var count: UInt32
    }

    private let bytes: [UInt8]
    private var fields: [Field] = []
    /// Records.
    public private(set) var rowCount = 0
    /// Fields of each record.
    public private(set) var columnCount = 0

    /// Splits a file.
    ///
    /// - Throws: `invalid_request` naming the line, for a quote out of place, a field that is not
    ///   closed, text that is not UTF-8 or a record of another length; and for 4 GiB and more.
    public init(_ bytes: [UInt8], separator: UInt8 = 0x2C) throws(ServingError) {
        guard UInt32(exactly: bytes.count) != nil else {
            throw ServingError(
                .invalidRequest, "the file has \(bytes.count) bytes; tables have less than 4 GiB")
        }
        self.bytes = bytes
        var scanner = CSVScanner(bytes, separator: separator)
        var firstLine = 1
        while let line = try scanner.nextRecord(into: &fields) {
            if rowCount == 0 {
                columnCount = fields.count
                firstLine = line
            }
            rowCount += 1
            let count = fields.count - (rowCount - 1) * columnCount
            guard count == columnCount else {
                throw ServingError(
                    .invalidRequest,
                    "line \(line) has \(count) fields where line \(firstLine) has "
                        + "\(columnCount); every row needs the same number")
            }
        }
        guard rowCount > 0 else {
            throw ServingError(.invalidRequest, "the file has no rows")
        }
    }

    /// The text of a field.
    ///
    /// - Precondition: `row` is below `rowCount`, and `column` below `columnCount`.
    func text(_ row: Int, _ column: Int) -> String {
        let field = fields[row * columnCount + column]
        let start = Int(field.start)
        let content = bytes[start..<start + Int(field.count)]
        let quote = UInt8(ascii: "\"")
        let isQuoted = start > 0 && bytes[start - 1] == quote
        guard isQuoted, content.contains(quote) else {
            return String(decoding: content, as: UTF8.self)
        }
        var text: [UInt8] = []
        var isSecond = false
        for byte in content {
            isSecond = byte == quote && !isSecond
            if byte != quote || isSecond { text.append(byte) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The texts of a record.
    func texts(_ row: Int) -> [String] { (0..<columnCount).map { text(row, $0) } }

    /// The line in the file on which a record starts, from 1.
    func line(of row: Int) -> Int {
        let start = Int(fields[row * columnCount].start)
        return 1 + bytes[..<start].count { $0 == UInt8(ascii: "\n") }
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

    /// Appends the fields of the next record and returns its line; nil at the end.
    mutating func nextRecord(into fields: inout [CSVTable.Field]) throws(ServingError) -> Int? {
        while skipLineEnd() {}
        guard index < bytes.count else { return nil }
        let start = line
        while true {
            let isQuoted = index < bytes.count && bytes[index] == Self.quote
            fields.append(try isQuoted ? quotedField() : plainField())
            switch try endOfField() {
            case .field: continue
            case .record: return start
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
        return try field(start..<end)
    }

    private mutating func quotedField() throws(ServingError) -> CSVTable.Field {
        let firstLine = line
        index += 1
        let start = index
        while index < bytes.count {
            let byte = bytes[index]
            if byte == Self.quote {
                guard index + 1 < bytes.count, bytes[index + 1] == Self.quote else {
                    index += 1
                    return try field(start..<index - 1)
                }
                index += 1
            } else if byte == Self.newline {
                line += 1
            }
            index += 1
        }
        throw ServingError(
            .invalidRequest, "line \(firstLine): a quoted field is not closed before the file ends")
    }

    private func field(_ range: Range<Int>) throws(ServingError) -> CSVTable.Field {
        let content = bytes[range]
        guard content.allSatisfy({ $0 < 0x80 }) || String(validating: content, as: UTF8.self) != nil
        else { throw ServingError(.invalidRequest, "line \(line) is not UTF-8") }
        return CSVTable.Field(
            start: UInt32(truncatingIfNeeded: range.lowerBound),
            count: UInt32(truncatingIfNeeded: range.count))
    }
}
