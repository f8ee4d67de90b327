/// A first-in, first-out queue with a bound, from which compatible requests can be taken together.
struct RequestQueue: ~Copyable {
    private var items: [PendingRequest] = []
    private var head = 0
    /// Most requests that wait.
    let capacity: Int
    /// How far behind the head a batch looks for requests that fit.
    static let lookAhead = 256

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { items.count - head }
    var isEmpty: Bool { count == 0 }
    var isFull: Bool { count >= capacity }

    mutating func append(_ item: PendingRequest) {
        items.append(item)
    }

    /// Takes the oldest request and those after it that may share its run, up to so many rows.
    ///
    /// The oldest is always taken, so nothing starves, however large it is.
    mutating func takeBatch(rowsMaximum: Int) -> [PendingRequest] {
        guard !isEmpty else { return [] }
        let first = items[head]
        head += 1
        var batch = [first]
        var rows = first.rows
        if rows < rowsMaximum, !isEmpty { takeMore(like: first, &batch, &rows, rowsMaximum) }
        compact()
        return batch
    }

    private mutating func takeMore(
        like first: PendingRequest, _ batch: inout [PendingRequest], _ rows: inout Int,
        _ rowsMaximum: Int
    ) {
        let end = min(items.count, head + Self.lookAhead)
        var kept: [PendingRequest] = []
        var index = head
        while index < end, rows < rowsMaximum {
            let item = items[index]
            index += 1
            let (sum, overflow) = rows.addingReportingOverflow(item.rows)
            if !overflow, sum <= rowsMaximum, item.isCompatible(with: first) {
                batch.append(item)
                rows = sum
            } else {
                kept.append(item)
            }
        }
        items.replaceSubrange(head..<index, with: kept)
    }

    /// Removes and returns the requests for which `condition` holds, in order.
    mutating func removeAll(where condition: (PendingRequest) -> Bool) -> [PendingRequest] {
        var removed: [PendingRequest] = []
        var kept: [PendingRequest] = []
        for item in items[head...] {
            if condition(item) { removed.append(item) } else { kept.append(item) }
        }
        guard !removed.isEmpty else { return [] }
        items = kept
        head = 0
        return removed
    }

    /// Drops the taken front once it outweighs the rest, so that taking stays cheap on average.
    private mutating func compact() {
        if head > 32, head * 2 > items.count {
            items.removeFirst(head)
            head = 0
        } else if isEmpty {
            items.removeAll(keepingCapacity: true)
            head = 0
        }
    }
}
