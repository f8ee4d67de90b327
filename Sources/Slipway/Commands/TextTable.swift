/// Rows of text in columns, for terminals.
public struct TextTable: Sendable {
    private let header: [String]
    private var rows: [[String]] = []

    /// Starts with the columns' names, in capitals.
    public init(_ header: [String]) {
        self.header = header
    }

    /// Adds a row; missing cells are empty, cells beyond the header are dropped.
    public mutating func add(_ cells: [String]) {
        let row = cells.prefix(header.count).map(Self.oneLine)
        rows.append(row + Array(repeating: "", count: header.count - row.count))
    }

    /// The table, a line a row, columns two spaces apart, without spaces at the ends of lines.
    public var text: String {
        let lines = [header] + rows
        let widths = header.indices.map { column in
            lines.map { $0[column].count }.max() ?? 0
        }
        return lines.map { line in
            var text = ""
            for (cell, width) in zip(line, widths) {
                text += cell + String(repeating: " ", count: width - cell.count + 2)
            }
            return String(text.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }

    /// A cell's text on one line, with nothing in it that a terminal would act on.
    static func oneLine(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard !isPlain else { return text }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    scalar.properties.generalCategory == .control ? " " : scalar
                }))
    }
}
