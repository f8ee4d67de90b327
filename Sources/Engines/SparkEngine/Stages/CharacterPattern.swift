/// A regular expression that is one class of characters, once or more times: `\s`, `\W+`, `[a-z]+`.
///
/// Classes are Java's without flags, in which only ASCII characters are letters or white space.
struct CharacterPattern: Sendable {
    /// Which of the ASCII characters match.
    private var isMember = [Bool](repeating: false, count: 128)
    /// Whether characters beyond ASCII match.
    private var takesOthers = false
    /// Whether a match goes on as long as it can.
    private var isGreedy = false

    /// Any one white space.
    static let whiteSpace = CharacterPattern(classLetter: UInt8(ascii: "s"), isGreedy: false)

    private init(classLetter: UInt8, isGreedy: Bool) {
        _ = add(classLetter)
        self.isGreedy = isGreedy
    }

    /// Reads an expression; nil when it is more than this.
    init?(_ pattern: String) {
        var rest = Array(pattern.utf8)[...]
        if rest.last == UInt8(ascii: "+"), rest.count > 1 {
            isGreedy = true
            rest.removeLast()
        }
        if rest.first == UInt8(ascii: "["), rest.last == UInt8(ascii: "]"), rest.count > 2 {
            guard readList(rest.dropFirst().dropLast()) else { return nil }
        } else if rest.first == UInt8(ascii: "\\"), rest.count == 2, let letter = rest.last {
            guard add(letter) else { return nil }
        } else if rest.count == 1, let byte = rest.first, byte < 128, !Self.isSpecial(byte) {
            isMember[Int(byte)] = true
        } else {
            return nil
        }
    }

    /// Bytes of the match at a place; 0 when there is none.
    func match(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Int {
        var place = start
        while place < end {
            let byte = bytes[place]
            guard byte < 128 ? isMember[Int(byte)] : takesOthers else { break }
            place += 1
            // The other bytes of the same character.
            while byte >= 0xC0, place < end, bytes[place] & 0xC0 == 0x80 { place += 1 }
            if !isGreedy { break }
        }
        return place - start
    }

    private static func isSpecial(_ byte: UInt8) -> Bool { "\\^$.|?*+()[]{}".utf8.contains(byte) }

    /// Adds an escaped class or character; false when it is neither.
    private mutating func add(_ letter: UInt8) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            byte == 0x5F || isDigit(byte) || (0x41...0x5A).contains(byte & 0xDF)
        }
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        func fill(_ test: (UInt8) -> Bool) {
            for byte in UInt8(0)..<128 where test(byte) { isMember[Int(byte)] = true }
        }
        switch letter {
        case UInt8(ascii: "s"): fill(isSpace)
        case UInt8(ascii: "w"): fill(isWord)
        case UInt8(ascii: "d"): fill(isDigit)
        case UInt8(ascii: "S"), UInt8(ascii: "W"), UInt8(ascii: "D"):
            takesOthers = true
            let inner = letter | 0x20
            fill { byte in
                inner == UInt8(ascii: "s")
                    ? !isSpace(byte) : inner == UInt8(ascii: "w") ? !isWord(byte) : !isDigit(byte)
            }
        case UInt8(ascii: "t"): isMember[9] = true
        case UInt8(ascii: "n"): isMember[10] = true
        case UInt8(ascii: "r"): isMember[13] = true
        case _ where letter < 128 && !isWord(letter): isMember[Int(letter)] = true
        default: return false
        }
        return true
    }

    /// Reads what stands between brackets.
    private mutating func readList(_ list: ArraySlice<UInt8>) -> Bool {
        var rest = list
        let isNegated = rest.first == UInt8(ascii: "^")
        if isNegated { rest.removeFirst() }
        while let byte = rest.popFirst() {
            guard byte < 128, byte != UInt8(ascii: "["), byte != UInt8(ascii: "]"),
                byte != UInt8(ascii: "&")
            else { return false }
            if byte == UInt8(ascii: "\\") {
                guard let letter = rest.popFirst(), add(letter) else { return false }
            } else if rest.first == UInt8(ascii: "-"), let last = rest.dropFirst().first {
                guard last < 128, last >= byte, last != UInt8(ascii: "\\") else { return false }
                for member in byte...last { isMember[Int(member)] = true }
                rest.removeFirst(2)
            } else {
                isMember[Int(byte)] = true
            }
        }
        if isNegated {
            for index in isMember.indices { isMember[index].toggle() }
            takesOthers.toggle()
        }
        return true
    }
}
