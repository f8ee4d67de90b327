/// Sets of categories, as bits or as sorted lists, whichever is smaller.
struct CategorySets: Sendable {
    private struct Place: Sendable {
        var start: Int
        var count: Int
        var isList: Bool
    }

    private var places: [Place] = []
    private var words: [UInt32] = []

    /// How many sets there are.
    var count: Int { places.count }

    /// Adds a set of bits, the lowest of the first word for category 0; returns its number.
    mutating func add(bits: some Collection<UInt32>) -> UInt32 {
        places.append(Place(start: words.count, count: bits.count, isList: false))
        words += bits
        return UInt32(places.count - 1)
    }

    /// Adds a set of categories; returns its number.
    mutating func add(_ members: some Collection<UInt32>) -> UInt32 {
        let wordCount = Int(members.max() ?? 0) / 32 + 1
        if wordCount <= 2 * members.count + 8 {
            var bits = [UInt32](repeating: 0, count: wordCount)
            for member in members { bits[Int(member / 32)] |= 1 << (member % 32) }
            return add(bits: bits)
        }
        places.append(Place(start: words.count, count: members.count, isList: true))
        words += members.sorted()
        return UInt32(places.count - 1)
    }

    /// Whether the set contains the category.
    func contains(_ category: UInt32, set: UInt32) -> Bool {
        guard Int(set) < places.count else { return false }
        let place = places[Int(set)]
        if !place.isList {
            let word = Int(category / 32)
            return word < place.count && words[place.start + word] >> (category % 32) & 1 == 1
        }
        var low = place.start
        var high = place.start + place.count
        while low < high {
            let middle = (low + high) / 2
            if words[middle] == category { return true }
            if words[middle] < category { low = middle + 1 } else { high = middle }
        }
        return false
    }
}
