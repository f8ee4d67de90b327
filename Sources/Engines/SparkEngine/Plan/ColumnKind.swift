/// What a column holds in each row.
enum ColumnKind: Hashable, Sendable {
    /// One number.
    case number
    /// So many numbers; nil where only a request says how many.
    case vector(Int?)
    /// So many numbers, most of them 0, kept as places and values; where they are wanted dense they
    /// are spread out.
    case sparse(Int)
    /// One text.
    case text
    /// Any number of texts.
    case words

    /// Numbers in a row; nil for text and where it is not known yet.
    var width: Int? {
        switch self {
        case .number: 1
        case .vector(let width): width
        case .sparse(let width): width
        case .text, .words: nil
        }
    }

    /// In words, for errors.
    var words: String {
        switch self {
        case .number: "a number"
        case .vector(let width?): "a vector of \(width) numbers"
        case .sparse(let width): "a vector of \(width) numbers"
        case .vector(nil): "a vector"
        case .text: "text"
        case .words: "a list of words"
        }
    }
}

/// A column's place in a frame.
struct Slot: Hashable, Sendable {
    let index: Int
    let kind: ColumnKind

    /// Numbers in a row of a column of numbers.
    var width: Int { kind.width ?? 0 }
}

/// What a stage expects of a column that it reads.
enum ColumnWish: Hashable, Sendable {
    case number
    case numberOrVector
    /// A vector, of so many numbers where the stage knows that.
    case vector(Int?)
    case text
    /// Text, or a number in its place.
    case textOrNumber
    case words
}
