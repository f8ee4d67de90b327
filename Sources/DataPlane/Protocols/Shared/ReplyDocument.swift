import NIOCore
import Wire

/// A small JSON reply: metadata, states and errors. Tensors are never written through this.
indirect enum ReplyDocument: Sendable {
    case text(String)
    case integer(Int)
    /// Counters, which may be beyond `Int`.
    case unsigned(UInt64)
    case flag(Bool)
    case list([ReplyDocument])
    case object([(key: String, value: ReplyDocument)])
    /// A finite number, in the fewest digits that read back the same.
    case number(Double)

    /// How the document is laid out.
    enum Layout: Sendable {
        /// Without any white space.
        case compact
        /// One member or element a line, each level so many spaces deeper.
        case indented(Int)
    }

    /// The document as UTF-8.
    func encoded(_ layout: Layout) -> ByteBuffer {
        var buffer = ByteBuffer()
        write(to: &buffer, layout, depth: 0)
        return buffer
    }

    /// Appends the document; `depth` is the level it stands at.
    func write(to buffer: inout ByteBuffer, _ layout: Layout, depth: Int) {
        switch self {
        case .text(let text): buffer.writeJSONString(text)
        case .integer(let number): buffer.writeString(String(number))
        case .unsigned(let number): buffer.writeString(String(number))
        case .flag(let flag): buffer.writeString(flag ? "true" : "false")
        case .number(let number): buffer.writeString("\(number)")
        case .list(let elements):
            Self.writeBlock("[", elements, "]", to: &buffer, layout, depth: depth) {
                $0.write(to: &$1, layout, depth: depth + 1)
            }
        case .object(let members):
            Self.writeBlock("{", members, "}", to: &buffer, layout, depth: depth) {
                $1.writeJSONString($0.key)
                if case .compact = layout { $1.writeString(":") } else { $1.writeString(": ") }
                $0.value.write(to: &$1, layout, depth: depth + 1)
            }
        }
    }

    private static func writeBlock<Element>(
        _ open: String, _ elements: [Element], _ close: String, to buffer: inout ByteBuffer,
        _ layout: Layout, depth: Int, _ writeElement: (Element, inout ByteBuffer) -> Void
    ) {
        buffer.writeString(open)
        for (index, element) in elements.enumerated() {
            if index > 0 { buffer.writeString(",") }
            writeLineBreak(to: &buffer, layout, depth: depth + 1)
            writeElement(element, &buffer)
        }
        if !elements.isEmpty { writeLineBreak(to: &buffer, layout, depth: depth) }
        buffer.writeString(close)
    }

    private static func writeLineBreak(to buffer: inout ByteBuffer, _ layout: Layout, depth: Int) {
        guard case .indented(let width) = layout else { return }
        buffer.writeString("\n")
        buffer.writeRepeatingByte(UInt8(ascii: " "), count: width * depth)
    }
}
