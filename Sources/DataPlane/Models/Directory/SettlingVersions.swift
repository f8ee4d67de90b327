import ServingCore

/// Decides when the files of a version directory may be believed complete.
///
/// A directory is settled when its files have not changed for the settle period. What was already
/// there when the model was first scanned is settled at once if its files are older than that by
/// the file system's own clock; what appears later must be watched for the whole period, because
/// that clock may be another machine's.
struct SettlingVersions {
    /// What is known of one version's files.
    enum State: Hashable {
        case settled(VersionFingerprint)
        /// Changing, or not yet watched for long enough; looked at again at `until`.
        case changing(until: MonotonicTime)
        case empty
        case unreadable(String)
    }

    private struct Watched {
        var directory: String
        var fingerprint: VersionFingerprint
        var unchangedSince: MonotonicTime
        var isSettled: Bool
    }

    /// How long files must not have changed.
    var period: Duration
    private var watched: [ModelVersion: Watched] = [:]
    /// When each version's directory was first seen, whether wanted or not.
    private var firstSeen: [ModelVersion: MonotonicTime] = [:]
    private var hasScanned = false

    init(period: Duration) {
        self.period = period
    }

    /// Takes in a scan and says for each wanted version what its state is.
    mutating func observe(_ listing: BaseListing, now: MonotonicTime) -> [ModelVersion: State] {
        let isFirst = !hasScanned
        hasScanned = true
        firstSeen = firstSeen.filter { listing.found[$0.key] != nil }
        for version in listing.found.keys where firstSeen[version] == nil {
            firstSeen[version] = now
        }
        watched = watched.filter { listing.found[$0.key] != nil }
        var states: [ModelVersion: State] = [:]
        for wanted in listing.wanted {
            states[wanted.version] = observe(
                wanted, isFirst: isFirst, readAt: listing.readAt, now: now)
        }
        return states
    }

    /// Forgets everything: another base directory is looked at from now on.
    mutating func reset() {
        self = SettlingVersions(period: period)
    }

    private mutating func observe(
        _ wanted: BaseListing.Wanted, isFirst: Bool, readAt: MonotonicTime, now: MonotonicTime
    ) -> State {
        let fingerprint: VersionFingerprint
        switch wanted.content {
        case .failure(let error): return .unreadable(error.message)
        case .success(let content): fingerprint = content
        }
        guard !fingerprint.files.isEmpty else {
            // Remembered, so that files which come later count as a change, however old they look.
            watched[wanted.version] = Watched(
                directory: wanted.directory, fingerprint: fingerprint, unchangedSince: now,
                isSettled: false)
            return .empty
        }
        var entry =
            watched[wanted.version]
            ?? Watched(
                directory: wanted.directory, fingerprint: fingerprint, unchangedSince: now,
                isSettled: wasThereLongEnough(wanted, isFirst: isFirst, now: now))
        if entry.fingerprint != fingerprint || entry.directory != wanted.directory {
            entry = Watched(
                directory: wanted.directory, fingerprint: fingerprint, unchangedSince: now,
                isSettled: false)
        }
        let settlesAt = entry.unchangedSince.advanced(by: period)
        // From the end of one reading to the beginning of another: time in which a reading waited
        // to be looked at proves nothing.
        if readAt >= settlesAt { entry.isSettled = true }
        watched[wanted.version] = entry
        return entry.isSettled ? .settled(fingerprint) : .changing(until: settlesAt)
    }

    private func wasThereLongEnough(
        _ wanted: BaseListing.Wanted, isFirst: Bool, now: MonotonicTime
    ) -> Bool {
        let isOld =
            wanted.ageNanoseconds >= 0
            && UInt64(wanted.ageNanoseconds) >= period.nanosecondsClamped
        guard isOld else { return false }
        let seen = firstSeen[wanted.version] ?? now
        return isFirst || now >= seen.advanced(by: period)
    }
}
