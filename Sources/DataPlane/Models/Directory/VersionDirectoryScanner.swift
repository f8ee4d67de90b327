import ServingCore

/// Reads a base directory once: which versions are there, and what the wanted ones hold.
struct VersionDirectoryScanner: Sendable {
    let fileSystem: any ModelFileSystem
    let clock: any ServingClock

    /// Scans; blocks for as long as the file system takes.
    ///
    /// - Throws: `file_unreadable` or `model_invalid` when the base directory itself cannot be read;
    ///   a version directory that cannot be read is part of the result.
    func scan(_ model: AspiredModel) throws(ServingError) -> BaseListing {
        let base = model.baseDirectory
        let readAt = clock.now()
        if let fault = model.fault { throw ServingError(.configurationInvalid, fault) }
        if model.layout == .single { return single(model, readAt) }
        var candidates = VersionSelection.candidates(
            among: try fileSystem.entries(of: base),
            ignoresLeadingZeros: model.layout == .numberedWithoutLeadingZero)
        let found = candidates.directories.mapValues { base + "/" + $0 }
        let versions = Array(found.keys)
        if found.isEmpty {
            candidates.remarks.append(Self.emptyRemark(base, candidates.otherDirectories))
        }
        let wanted = VersionSelection.wanted(
            model.versionPolicy, labels: model.labels.values, found: versions)
        let missing = VersionSelection.missing(model.versionPolicy, found: versions)
        for version in missing {
            candidates.remarks.append("version \(version) is wanted, but \(base) does not hold it")
        }
        return BaseListing(
            readAt: readAt, baseDirectory: base, found: found,
            wanted: wanted.compactMap { version in found[version].map { read(version, $0) } },
            missing: missing, remarks: candidates.remarks)
    }

    /// The base directory as the only version.
    private func single(_ model: AspiredModel, _ readAt: MonotonicTime) -> BaseListing {
        let base = model.baseDirectory
        return BaseListing(
            readAt: readAt, baseDirectory: base, found: [Self.singleVersion: base],
            wanted: [read(Self.singleVersion, base)], missing: [], remarks: [])
    }

    /// The number of a version whose directory has none.
    private static let singleVersion = ModelVersion(1)

    private func read(_ version: ModelVersion, _ directory: String) -> BaseListing.Wanted {
        let now = fileSystem.wallClockNanoseconds()
        do throws(ServingError) {
            let fingerprint = try fileSystem.fingerprint(of: directory)
            return .init(
                version: version, directory: directory, content: .success(fingerprint),
                ageNanoseconds: now.subtractingReportingOverflow(fingerprint.latestChange)
                    .partialValue)
        } catch {
            return .init(
                version: version, directory: directory, content: .failure(error),
                ageNanoseconds: 0)
        }
    }

    private static func emptyRemark(_ base: String, _ others: [String]) -> String {
        let seen =
            others.isEmpty
            ? ""
            : " (found "
                + others.prefix(5).map { "'\($0.clipped(to: 64))'" }.joined(separator: ", ") + ")"
        let parts = base.split(separator: "/")
        if let last = parts.last, parts.count > 1, others.isEmpty,
            ModelVersion(directoryName: String(last)) != nil
        {
            let parent = base.dropLast(base.hasSuffix("/") ? last.count + 2 : last.count + 1)
            return
                "base directory \(base) holds no version; it looks like a version itself: give the "
                + "directory above it, \(parent)"
        }
        return
            "base directory \(base) holds no version: each version is a sub-directory named by a "
            + "number, such as \(base)/1" + seen
    }
}
