import ServingCore

extension ParquetColumn {
    /// For each row of a column without lists the place of its value; -1 where it is absent.
    ///
    /// - Throws: `model_invalid` for a column of lists.
    func places() throws(ServingError) -> [Int] {
        guard leaf.repetitionMaximum == 0 else { throw shape("a single value") }
        guard leaf.definitionMaximum > 0 else { return Array(0..<entryCount) }
        var place = 0
        return definitions.map { level in
            guard level == leaf.definitionMaximum else { return -1 }
            defer { place += 1 }
            return place
        }
    }

    /// For each row of a column of lists the places of its values; empty for an absent list.
    ///
    /// - Throws: `model_invalid` for another column, and for a list with an absent element.
    func lists() throws(ServingError) -> [Range<Int>] {
        guard leaf.repetitionMaximum == 1 else { throw shape("a list") }
        return try groups(startingAt: 0, existingFrom: 0)
    }

    /// The lists within the lists of all rows, one after another.
    ///
    /// - Throws: as `lists`.
    func innerLists() throws(ServingError) -> [Range<Int>] {
        guard leaf.repetitionMaximum == 2 else { throw shape("a list of lists") }
        return try groups(startingAt: 1, existingFrom: leaf.elementDefinitions[0])
    }

    /// Cuts the values where an entry continues no list deeper than `level`; leaves out groups whose
    /// first entry is not present up to `existing`.
    private func groups(startingAt level: UInt8, existingFrom existing: Int)
        throws(ServingError) -> [Range<Int>]
    {
        let elementFrom = leaf.elementDefinitions.last ?? 0
        var groups: [Range<Int>] = []
        var place = 0
        for (repetition, definition) in zip(repetitions, definitions) {
            if repetition <= level, Int(definition) >= existing { groups.append(place..<place) }
            if definition == leaf.definitionMaximum {
                place += 1
                guard let last = groups.popLast() else { throw shape("a list") }
                groups.append(last.lowerBound..<place)
            } else if definition >= elementFrom {
                throw Damage.invalid("column \(leaf.path) has a list with an absent value")
            }
        }
        return groups
    }

    /// The values as whole numbers.
    func integers() throws(ServingError) -> [Int64] {
        guard case .integers(let values) = values else { throw shape("whole numbers") }
        return values
    }

    /// The values as floating-point numbers.
    func doubles() throws(ServingError) -> [Double] {
        switch values {
        case .doubles(let values): return values
        case .integers(let values): return values.map(Double.init)
        case .texts: throw shape("numbers")
        }
    }

    /// The values as text.
    func texts() throws(ServingError) -> [String] {
        guard case .texts(let values) = values else { throw shape("text") }
        return values
    }

    private func shape(_ wanted: String) -> ServingError {
        Damage.invalid("column \(leaf.path) does not hold \(wanted)")
    }
}
