import ServingCore

/// Which directory names are versions, and which versions a policy wants; pure functions.
enum VersionSelection {
    /// Versions by number, and what is odd about the names.
    struct Candidates {
        var directories: [ModelVersion: String] = [:]
        var remarks: [String] = []
        /// Directories whose names are no numbers.
        var otherDirectories: [String] = []
    }

    /// Reads the names: digits only; `00000123` is 123. Of two names for one number the last in
    /// sorted order wins, as in TensorFlow Serving, and that is remarked on.
    ///
    /// - Parameter ignoresLeadingZeros: Whether names that begin with 0 are no versions (Triton's
    ///   rule).
    static func candidates(among entries: [DirectoryEntry], ignoresLeadingZeros: Bool = false)
        -> Candidates
    {
        var result = Candidates()
        for entry in entries.sorted(by: { $0.name < $1.name }) {
            if ignoresLeadingZeros, entry.name.hasPrefix("0"),
                ModelVersion(directoryName: entry.name) != nil
            {
                result.remarks.append(
                    "'\(entry.name)' begins with 0 and is ignored, as Triton does")
                continue
            }
            guard let version = ModelVersion(directoryName: entry.name) else {
                if entry.isDirectory, !entry.name.hasPrefix(".") {
                    result.otherDirectories.append(entry.name)
                }
                continue
            }
            guard entry.isDirectory else {
                result.remarks.append("'\(entry.name)' is a file, not a version directory")
                continue
            }
            if let earlier = result.directories[version] {
                result.remarks.append(
                    "'\(earlier)' and '\(entry.name)' are both version \(version); "
                        + "'\(entry.name)' is used, remove the other")
            }
            result.directories[version] = entry.name
        }
        return result
    }

    /// The versions that the policy and the labels want among those found, highest first.
    ///
    /// A label keeps its version wanted even when newer ones fill the policy's number.
    static func wanted(
        _ policy: VersionPolicy, labels: some Sequence<ModelVersion>, found: [ModelVersion]
    ) -> [ModelVersion] {
        let known = Set(found)
        var wanted: Set<ModelVersion>
        switch policy {
        case .latest(let count): wanted = Set(found.sorted(by: >).prefix(max(0, count)))
        case .all: wanted = known
        case .specific(let versions): wanted = known.intersection(versions)
        }
        wanted.formUnion(known.intersection(labels))
        return wanted.sorted(by: >)
    }

    /// The versions that the policy names and that are not found, highest first.
    static func missing(_ policy: VersionPolicy, found: [ModelVersion]) -> [ModelVersion] {
        guard case .specific(let versions) = policy else { return [] }
        return Set(versions).subtracting(found).sorted(by: >)
    }
}
