/// Finds the known name that a mistyped one was probably meant to be.
public enum NearestName {
    /// The candidate within a third of the name's length (at least 2) in edits, or nil.
    ///
    /// Distance is Levenshtein's over UTF-8, upper and lower case alike; ties go to the first candidate.
    public static func suggestion(for name: String, among candidates: some Sequence<String>)
        -> String?
    {
        let wanted = Array(name.lowercased().utf8)
        guard wanted.count <= Limits.nameBytesMaximum else { return nil }
        let allowed = max(2, wanted.count / 3)
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let distance = editDistance(wanted, Array(candidate.lowercased().utf8))
            if distance <= allowed, distance < (best?.distance ?? .max) {
                best = (candidate, distance)
            }
        }
        return best?.name
    }

    /// `"; did you mean 'x'?"`, or nothing when no candidate is near.
    public static func hint(for name: String, among candidates: some Sequence<String>) -> String {
        suggestion(for: name, among: candidates).map { "; did you mean '\($0)'?" } ?? ""
    }

    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                let change = previous[column] + (byte == other ? 0 : 1)
                current.append(min(change, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
