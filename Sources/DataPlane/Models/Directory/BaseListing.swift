import ServingCore

/// What a scan found in a model's base directory.
struct BaseListing: Sendable {
    /// A version that is wanted, with the state of its files.
    struct Wanted: Sendable {
        let version: ModelVersion
        /// The version directory's path.
        let directory: String
        /// Its content, or why that cannot be read.
        let content: Result<VersionFingerprint, ServingError>
        /// How long ago the content last changed by the file system's clock; negative when that
        /// clock is ahead of ours.
        let ageNanoseconds: Int64
    }

    /// When reading began.
    let readAt: MonotonicTime
    /// The base directory that was read.
    let baseDirectory: String
    /// Every version found, with its directory's path.
    let found: [ModelVersion: String]
    /// The wanted ones among them, highest first.
    let wanted: [Wanted]
    /// Versions that the policy names and that are not there.
    let missing: [ModelVersion]
    /// Things about the directory that its owner should know.
    let remarks: [String]
}
