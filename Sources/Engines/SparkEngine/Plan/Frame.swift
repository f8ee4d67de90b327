import Glibc

/// A piece of text that somebody else owns.
struct TextSpan {
    var start: UnsafeRawPointer?
    var count: Int

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
}

/// The words of all rows of one column, with the bytes of those that were made here.
struct WordRows {
    /// Where in `words` each row begins, and the end.
    var starts: [Int] = [0]
    /// Ranges of `bytes`.
    var words: [Range<Int>] = []
    var bytes: [UInt8] = []

    mutating func removeAll() {
        starts.removeAll(keepingCapacity: true)
        starts.append(0)
        words.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }

    mutating func endRow() { starts.append(words.count) }
}

/// The numbers other than 0 of all rows of one column.
struct SparseRows {
    /// Where in the other two each row begins, and the end.
    var starts: [Int] = [0]
    var indices: [Int32] = []
    var values: [Double] = []

    mutating func removeAll() {
        starts.removeAll(keepingCapacity: true)
        starts.append(0)
        indices.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }
}

/// The columns of a block of rows while a plan runs over them; used by one run at a time.
///
/// `@unchecked Sendable`: a run takes it out of the model's pool, which is locked, and puts it back
/// when it is done; nobody else has it meanwhile.
final class Frame: @unchecked Sendable {
    /// Most bytes that the columns of numbers of one block take, but for very wide rows.
    private static let blockBytes = 1 << 20
    /// Most rows of a block.
    private static let rowsMaximum = 256

    /// Rows at hand.
    var rows = 0
    /// Rows that fit.
    let capacity: Int
    /// Where each column of numbers begins; those that a request or an answer owns are set each run.
    var numbers: [UnsafeMutablePointer<Double>]
    /// Where each column of text begins.
    let texts: [UnsafeMutablePointer<TextSpan>]
    var words: [WordRows]
    var sparse: [SparseRows]
    private let ownNumbers: UnsafeMutablePointer<Double>
    private let ownTexts: UnsafeMutablePointer<TextSpan>

    /// Makes room for the columns of a plan.
    init(_ slots: [Slot]) {
        let widths = slots.map { slot in
            if case .sparse = slot.kind { 0 } else { slot.width }
        }
        let rowWidth = max(widths.reduce(0, +), 1)
        capacity = Self.capacity(rowWidth: rowWidth)
        ownNumbers = .allocate(capacity: rowWidth * capacity)
        ownTexts = .allocate(capacity: max(slots.count, 1) * capacity)
        ownTexts.initialize(
            repeating: TextSpan(start: nil, count: 0), count: max(slots.count, 1) * capacity)
        var offset = 0
        var numbers: [UnsafeMutablePointer<Double>] = []
        for width in widths {
            numbers.append(ownNumbers + offset * capacity)
            offset += width
        }
        self.numbers = numbers
        let (texts, capacity) = (ownTexts, capacity)
        self.texts = slots.indices.map { texts + $0 * capacity }
        words = [WordRows](repeating: WordRows(), count: slots.count)
        sparse = [SparseRows](repeating: SparseRows(), count: slots.count)
    }

    deinit {
        ownNumbers.deallocate()
        ownTexts.deallocate()
    }

    /// Rows of a block when a row has so many numbers.
    static func capacity(rowWidth: Int) -> Int {
        min(max(blockBytes / 8 / max(rowWidth, 1), 1), rowsMaximum)
    }
}
